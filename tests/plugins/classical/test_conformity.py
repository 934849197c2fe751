from collections.abc import Callable

import pytest

import automl_classical
from automl.plugin import ModelFamily
from automl.testing import parametrize_family_checks
from automl_classical import boosting_model
from automl_classical.forest import ForestFamily


@parametrize_family_checks(automl_classical.automl_families())
def test_conformity(family: ModelFamily, check: Callable[[ModelFamily], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boosting_model, "MAX_ROUNDS", 150)
    monkeypatch.setattr(ForestFamily, "trees", 30)  # as many as show a mistake, in a tenth of the time
    check(family)
