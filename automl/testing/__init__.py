"""Conformity checks for plugin authors: what the engine relies on, each a function with a name.

from automl.testing import parametrize_family_checks

@parametrize_family_checks([MyFamily()])
def test_conformity(family, check):
    check(family)
"""

from automl.testing.features import check_encoder, check_selector
from automl.testing.sample import Sample, sample
from automl.testing.suite import (
    CHECKS,
    Check,
    Outcome,
    check_family,
    check_name,
    parametrize_family_checks,
    run_check,
)

__all__ = [
    "CHECKS",
    "Check",
    "Outcome",
    "Sample",
    "check_encoder",
    "check_family",
    "check_name",
    "check_selector",
    "parametrize_family_checks",
    "run_check",
    "sample",
]
