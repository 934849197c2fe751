"""What a page leaves behind in this process, and what is forgotten of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from automl import storage


@contextmanager
def forgetting() -> Iterator[None]:
    """Forget the storable classes that a page defines meanwhile, so that it can be read again.

    Those of modules that are imported meanwhile stay: nothing would register them a second time.
    """
    before = set(storage._CLASSES)
    yield
    for name in storage._CLASSES.keys() - before:
        cls = storage._CLASSES[name]
        if getattr(sys.modules.get(cls.__module__), cls.__name__, None) is not cls:
            del storage._CLASSES[name], storage._NAMES[cls]


@pytest.fixture(autouse=True)
def storables_of_the_page() -> Iterator[None]:
    """Set up before all others, and so torn down when the modules of the page are gone."""
    with forgetting():
        yield
