from collections.abc import Callable

import pytest

from automl.plugin import ModelFamily
from automl.testing import parametrize_family_checks

pytest.importorskip("xgboost", reason="the plugin needs xgboost-cpu")

import automl_xgboost


@parametrize_family_checks(automl_xgboost.automl_families())
def test_conformity(family: ModelFamily, check: Callable[[ModelFamily], None]) -> None:
    check(family)
