from collections.abc import Callable

import pytest

from automl.plugin import ModelFamily
from automl.testing import parametrize_family_checks

pytest.importorskip("interpret", reason="the plugin needs interpret-core")

import automl_explainable


@parametrize_family_checks(automl_explainable.automl_families())
def test_conformity(family: ModelFamily, check: Callable[[ModelFamily], None]) -> None:
    check(family)
