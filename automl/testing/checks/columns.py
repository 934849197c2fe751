"""Tables whose columns are few, many, or say nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from automl.data.schema import Role
from automl.plugin import FamilyDeclined, Features, ModelFamily, Part
from automl.testing import expect
from automl.testing.fits import contrasting, fit, other, parts
from automl.testing.sample import MATRIX, Sample

_NUMBERS = 60
_ROWS = 40


def check_no_columns(family: ModelFamily) -> None:
    """A matrix without columns gives a usable prediction, the same for every row."""
    for one in contrasting(family):
        if not MATRIX & family.inputs:
            continue
        train, score = (
            Part(Features(np.empty((len(rows), 0), np.float32), (), np.empty(0, np.int64)), one.y[rows])
            for rows in (one.train_rows, one.score_rows)
        )
        prediction = fit(family, one, train, score).predict(score.features)
        expect.usable(family, one.task, prediction, len(score.y))
        assert np.ptp(prediction, axis=0).max() < 1e-9, f"{family.name}: predictions differ without a column to tell"


def check_constant_columns(family: ModelFamily) -> None:
    """Columns of one value, of one level and of gaps only, in training, do no harm."""
    for one in contrasting(family):
        if Role.NUMERIC not in one.table.names:
            continue
        numeric, categorical = one.table.numeric.copy(), one.table.categorical.copy()
        numeric[one.train_rows, 0] = 3.0
        numeric[one.train_rows, 1] = np.nan
        categorical[one.train_rows, :1] = 1
        _assert_fits(family, replace(one, table=replace(one.table, numeric=numeric, categorical=categorical)))


def check_more_columns_than_rows(family: ModelFamily) -> None:
    """Sixty columns on thirty training rows are learned from, or declined."""
    for kind in (one.task.kind for one in contrasting(family)):
        one = other(family, kind, _ROWS, _NUMBERS)
        try:
            family.accepts(one.task, one.profile)
        except FamilyDeclined:
            continue
        _assert_fits(family, one)


def _assert_fits(family: ModelFamily, one: Sample) -> None:
    train, score = parts(family, one)
    prediction = fit(family, one, train, score).predict(score.features)
    expect.usable(family, one.task, prediction, len(score.y))
