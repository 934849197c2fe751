"""That a family learns, from the right rows, by the right amount, and the same again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.plugin import ModelFamily, Part
from automl.testing import expect
from automl.testing.fits import contrasting, fit, fitted, hardest, other, parts, samples
from automl.testing.randomness import other_random_state
from automl.testing.sample import Sample

_HEAVY = 10.0
_MARGIN = 0.02


def check_beats_dummy(family: ModelFamily) -> None:
    """The default is clearly better than the mean or the most frequent label on an easy table."""
    for one in samples(family):
        found = fitted(family, one)
        if one.task.is_classification:
            _assert_accurate(family, found.prediction, found.train.y, found.score.y)
        else:
            y = found.score.y
            error = float(((found.prediction[:, 0] - y) ** 2).mean())
            usual = float(((found.train.y.mean() - y) ** 2).mean())
            assert error < 0.7 * usual, f"{family.name}: squared error {error:.3g}, the mean has {usual:.3g}"


def check_label_order(family: ModelFamily) -> None:
    """Column k of a prediction is label k, whichever label the training rows show first."""
    one = hardest(family)
    if not one.task.is_classification:
        return
    train, score = (replace(part, y=one.task.n_outputs - 1 - part.y) for part in parts(family, one))
    model = fit(family, one, train, score)
    _assert_accurate(family, model.predict(score.features), train.y, score.y)


def check_seed_reproduces(family: ModelFamily) -> None:
    """The same parameters, rows and seed give the same model, whatever state the global generators are in."""
    for one in samples(family):
        first = fitted(family, one)
        with other_random_state():
            second = fit(family, one, first.train, first.score)
        expect.same(family, first.prediction, second.predict(first.score.features), "fitting again")


def check_weights(family: ModelFamily) -> None:
    """Rows that weigh more pull predictions their way: towards their label, or their values."""
    for kind in (one.task.kind for one in contrasting(family)):
        one = _repeated(other(family, kind, noise=3.0))
        train, score = parts(family, one)
        scale = 1.0 if one.task.is_classification else float(train.y.std())
        down, up = (_mean_prediction(family, one, train, score, high) for high in (False, True))
        assert up > down + _MARGIN * scale, (
            f"{family.name}: the mean prediction went from {down:.4g} to {up:.4g} as the weights of the rows with the "
            f"{'last label' if one.task.is_classification else 'highest values'} rose to {_HEAVY:g}: are weights used?"
        )


def _repeated(one: Sample) -> Sample:
    """Show every row four times with different targets, so that models that know rows by heart weigh them too."""
    again = np.arange(len(one.y)) % (len(one.y) // 4)
    return replace(one, table=one.table.take(again))


def _mean_prediction(family: ModelFamily, one: Sample, train: Part, score: Part, high: bool) -> float:
    """Let the first label, or low values, weigh more, or the last label, or `high` values."""
    middle = (one.task.n_outputs - 1) / 2 if one.task.is_classification else float(np.median(train.y))
    weighed = []
    for part in (train, score):
        heavy = part.y > middle if high else part.y < middle
        weighed.append(replace(part, weights=np.where(heavy, _HEAVY, 1.0)))
    model = fit(family, one, weighed[0], weighed[1])
    prediction = model.predict(score.features)
    expect.usable(family, one.task, prediction, len(score.y))
    return float(prediction[:, -1].mean())


def _assert_accurate(family: ModelFamily, prediction: NDArray[Any], known: NDArray[Any], y: NDArray[Any]) -> None:
    hits = float((prediction.argmax(axis=1) == y).mean())
    usual = float((np.bincount(known).argmax() == y).mean())
    assert hits > usual + 0.1, f"{family.name}: accuracy {hits:.2f}, the most frequent label has {usual:.2f}"
