from collections.abc import Callable

import pytest

from automl.plugin import ModelFamily
from automl.testing import parametrize_family_checks
from automl_torch import automl_families, mlp, tabm


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """As few epochs, and as small samples of the space, as show a mistake, in a fraction of the time."""
    for module in (mlp, tabm):
        monkeypatch.setattr(module, "EPOCHS", [24, 16])
        monkeypatch.setattr(module, "WIDTHS", [128, 256, 384])
    monkeypatch.setattr(tabm, "MEMBERS", [8, 16])


@parametrize_family_checks(automl_families())
def test_conformity(family: ModelFamily, check: Callable[[ModelFamily], None]) -> None:
    check(family)
