"""Predictions: their form, and that a row's prediction is its own."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from automl.plugin import ModelFamily
from automl.testing import expect
from automl.testing.fits import default, fitted, samples
from automl.testing.sample import SEED, Sample, own


def check_shape(family: ModelFamily) -> None:
    """Predictions are float64 arrays (n_rows, n_outputs), also of many rows and of none."""
    for one, prediction in _whole_tables(family):
        expect.shaped(family, one.task, prediction, len(one.y))
        nobody = fitted(family, one)
        expect.shaped(family, one.task, nobody.model.predict(own(nobody.score.features, [])), 0)


def check_finite(family: ModelFamily) -> None:
    """Predictions are finite, those of training rows too."""
    for _, prediction in _whole_tables(family):
        expect.finite(family, prediction)


def check_probabilities(family: ModelFamily) -> None:
    """Probabilities are not negative, and those of a row sum to one."""
    for one, prediction in _whole_tables(family):
        if one.task.is_classification:
            expect.probable(family, prediction[np.isfinite(prediction).all(axis=1)])


def check_single_row(family: ModelFamily) -> None:
    """A row predicted alone gets what it gets among others."""
    for one in samples(family):
        found = fitted(family, one)
        for row in (0, 5):
            alone = found.model.predict(own(found.score.features, [row]))
            expect.same(family, found.prediction[[row]], alone, "predicting a row alone")


def check_row_order(family: ModelFamily) -> None:
    """Rows in another order get the same predictions in that order."""
    for one in samples(family):
        found = fitted(family, one)
        order = np.random.default_rng(SEED).permutation(len(found.prediction))
        shuffled = found.model.predict(own(found.score.features, order))
        expect.same(family, found.prediction[order], shuffled, "the order of the rows")


def check_predict_repeats(family: ModelFamily) -> None:
    """Predicting changes nothing: asked again and again, a model answers the same."""
    for one in samples(family):
        found = fitted(family, one)
        for _ in range(5):
            expect.same(family, found.prediction, found.model.predict(found.score.features), "predicting before")


def _whole_tables(family: ModelFamily) -> Iterator[tuple[Sample, NDArray[np.float64]]]:
    """Predict all rows of each sample at once."""
    for one in samples(family):
        model = copy.copy(fitted(family, one).model)
        wish = family.encoding(default(family, one), one.task)
        yield one, model.predict(one.features(wish, one.table))
