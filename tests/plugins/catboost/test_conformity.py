from collections.abc import Callable

import pytest

from automl.plugin import ModelFamily
from automl.testing import parametrize_family_checks

pytest.importorskip("catboost", reason="the plugin needs catboost")

import automl_catboost
from automl_catboost import watch


@parametrize_family_checks(automl_catboost.automl_families())
def test_conformity(family: ModelFamily, check: Callable[[ModelFamily], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "MAX_ROUNDS", 100)  # as many as show a mistake, in a tenth of the time
    check(family)
