from collections.abc import Callable

import pytest

from automl.plugin import ModelFamily
from automl.testing import parametrize_family_checks
from automl_cnn import automl_families
from automl_cnn import family as module


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """As few epochs as show a mistake, in a fraction of the time."""
    monkeypatch.setattr(module, "SEQUENCE_EPOCHS", [30, 20])
    monkeypatch.setattr(module, "TEXT_EPOCHS", [8, 6])


@parametrize_family_checks(automl_families())
def test_conformity(family: ModelFamily, check: Callable[[ModelFamily], None]) -> None:
    check(family)
