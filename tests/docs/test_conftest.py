"""What a page registers goes with it, and what it only was the first to import stays."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from automl import storage
from tests.docs.conftest import forgetting

PAGE = """
from dataclasses import dataclass
from automl import storage

@storage.storable("page.own")
@dataclass(frozen=True)
class Own:
    x: int
"""


@pytest.fixture
def registered() -> Iterator[set[str]]:
    yield (names := set())
    for name in names & storage._CLASSES.keys():
        del storage._NAMES[storage._CLASSES.pop(name)]


def test_only_what_is_in_no_module_is_forgotten(registered, monkeypatch):
    registered |= {"page.own", "library.first_imported"}
    session: dict[str, object] = {"__name__": "__main__"}
    with forgetting():
        exec(PAGE, session)
        library = dataclass(frozen=True)(type("Library", (), {"__module__": __name__}))
        monkeypatch.setattr(sys.modules[__name__], "Library", library, raising=False)
        storage.storable("library.first_imported")(library)
    assert "page.own" not in storage._CLASSES
    assert storage._CLASSES["library.first_imported"] is library
    exec(PAGE, session)  # as by another test in this process
