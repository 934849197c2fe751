from collections.abc import Callable

import automl_classical
import pytest
from automl_classical.forest import ForestFamily

from automl.plugin import ModelFamily
from automl.testing import parametrize_family_checks


@parametrize_family_checks(automl_classical.automl_families())
def test_conformity(
    family: ModelFamily, check: Callable[[ModelFamily], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ForestFamily, "trees", 30)  # as many as show a mistake, in a tenth of the time
    check(family)
