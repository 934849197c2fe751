"""Cells that a model meets and training did not show."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from automl.data.schema import Role
from automl.data.table import UNSEEN, Table
from automl.plugin import ModelFamily
from automl.testing import expect
from automl.testing.fits import default, fitted, samples
from automl.testing.sample import Sample

_FAR = 1e6
"""A number this many standard deviations from the others: a wrong unit, or a code for a gap."""


def check_missing_values(family: ModelFamily) -> None:
    """Gaps where training had none, and rows that are gaps only, get usable predictions."""
    for one in _with(family, Role.NUMERIC):
        numeric = one.table.numeric.copy()
        numeric[::3, 0] = np.nan
        numeric[::7] = np.nan
        _assert_usable(family, one, replace(one.table, numeric=numeric))


def check_unseen_categories(family: ModelFamily) -> None:
    """Levels that training did not show get usable predictions."""
    for one in _with(family, Role.CATEGORICAL):
        categorical = one.table.categorical.copy()
        categorical[::3, 0] = UNSEEN
        categorical[::5] = UNSEEN
        _assert_usable(family, one, replace(one.table, categorical=categorical))


def check_extreme_numbers(family: ModelFamily) -> None:
    """Numbers far outside those of training get usable predictions."""
    for one in _with(family, Role.NUMERIC):
        numeric = one.table.numeric.copy()
        numeric[one.score_rows[::3]] *= _FAR
        numeric[one.score_rows[1::3]] *= -_FAR
        _assert_usable(family, one, replace(one.table, numeric=numeric))


def _with(family: ModelFamily, role: Role) -> list[Sample]:
    return [one for one in samples(family) if one.table.names.get(role)]


def _assert_usable(family: ModelFamily, one: Sample, table: Table) -> None:
    """Expect usable predictions for score rows of a changed table."""
    model = fitted(family, one).model
    features = one.features(family.encoding(default(family, one), one.task), table.take(one.score_rows))
    expect.usable(family, one.task, model.predict(features), len(one.score_rows))
