"""Training parts with few rows, without a label, with one value, or without a score part."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from automl.plugin import FamilyDeclined, ModelFamily, TrialFailed
from automl.testing import expect
from automl.testing.fits import contrasting, fit, hardest, parts, samples
from automl.testing.sample import Sample, own

_FEW = (3, 7)


def check_few_rows(family: ModelFamily) -> None:
    """A handful of rows is learned from, or turned down with `TrialFailed` or `FamilyDeclined`."""
    for one in contrasting(family):
        for count in _FEW:
            reason = _turned_down(family, one, one.train_rows[:count])
            assert reason != "", f"{family.name}: {count} rows were turned down without a reason"


def _turned_down(family: ModelFamily, one: Sample, rows: NDArray[np.int64]) -> str | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # libraries rightly warn of so few
            _assert_learns(family, one, rows)
    except (TrialFailed, FamilyDeclined) as error:
        return str(error)
    return None


def check_missing_class(family: ModelFamily) -> None:
    """A label without training rows keeps its column; a single label that is left can still be predicted."""
    one = hardest(family)
    if not one.task.is_classification:
        return
    labels = range(one.task.n_outputs)
    for kept in ({*labels} - {0}, {*labels} - {labels[-1]}, {1}):
        rows = one.train_rows[np.isin(one.y[one.train_rows], sorted(kept))]
        prediction = _assert_learns(family, one, rows)
        unseen = sorted(set(labels) - kept)
        assert (prediction[:, unseen] < 0.5).all(), f"{family.name}: favours a label without training rows"


def check_constant_target(family: ModelFamily) -> None:
    """A target of one value is predicted as that value, nearly."""
    for one in samples(family):
        if one.task.is_classification:
            continue
        constant = replace(one, y=np.full(len(one.y), 1234.5))
        prediction = _assert_learns(family, constant, constant.train_rows)
        assert np.abs(prediction - 1234.5).max() < 1, f"{family.name}: a target of 1234.5 is predicted as {prediction}"


def check_no_score_part(family: ModelFamily) -> None:
    """A model can be fitted without rows to stop by, for the final fit on all rows."""
    for one in samples(family):
        train, score = parts(family, one)
        model = fit(family, one, train, None)
        expect.usable(family, one.task, model.predict(score.features), len(score.y))


def check_score_part_lacks_labels(family: ModelFamily) -> None:
    """A score part of one row, and one with a single label, can be stopped by."""
    one = hardest(family)
    train, score = parts(family, one)
    for rows in ([0], np.flatnonzero(score.y == score.y[0])):
        some = replace(score, features=own(score.features, rows), y=score.y[rows])
        prediction = fit(family, one, train, some).predict(score.features)
        expect.usable(family, one.task, prediction, len(score.y))


def _assert_learns(family: ModelFamily, one: Sample, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    train, score = parts(family, one, rows)
    prediction = fit(family, one, train, score).predict(score.features)
    expect.usable(family, one.task, prediction, len(score.y))
    return prediction
