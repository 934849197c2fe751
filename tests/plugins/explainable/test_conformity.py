from collections.abc import Callable

import pytest

from automl.plugin import ModelFamily
from automl.testing import parametrize_family_checks

pytest.importorskip("interpret", reason="the plugin needs interpret-core")

import automl_explainable
from automl_explainable import machine


@parametrize_family_checks(automl_explainable.automl_families())
def test_conformity(family: ModelFamily, check: Callable[[ModelFamily], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "MAX_ROUNDS", 60)  # as many as show a mistake, in a tenth of the time
    check(family)
