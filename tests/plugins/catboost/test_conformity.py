from collections.abc import Callable

import pytest

from automl.plugin import ModelFamily
from automl.testing import parametrize_family_checks

pytest.importorskip("catboost", reason="the plugin needs catboost")

import automl_catboost


@parametrize_family_checks(automl_catboost.automl_families())
def test_conformity(family: ModelFamily, check: Callable[[ModelFamily], None]) -> None:
    check(family)
