from collections.abc import Callable

import pytest

from automl.plugin import ModelFamily
from automl.testing import parametrize_family_checks
from automl_torch import automl_families, mlp, tabm


@pytest.fixture(autouse=True)
def few_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as show a mistake, in a fraction of the time."""
    for module in (mlp, tabm):
        monkeypatch.setattr(module, "EPOCHS", [64])


@parametrize_family_checks(automl_families())
def test_conformity(family: ModelFamily, check: Callable[[ModelFamily], None]) -> None:
    check(family)
