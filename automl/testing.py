"""Conformity checks for authors of model families: what the engine relies on, each a function with a name.

from automl.testing import parametrize_family_checks

@parametrize_family_checks([MyFamily()])
def test_conformity(family, check):
    check(family)
"""

from __future__ import annotations

import pickle
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from automl.data.schema import Role
from automl.data.table import MISSING, Table
from automl.errors import TrialFailed
from automl.features.encoder import fit_transform
from automl.features.encoding import Encoding, Features
from automl.plugin import Limits, Model, ModelFamily, Params, Part, Profile, Suggest, Task, TaskKind

Check = Callable[[ModelFamily], None]
SEED = 7
_ROWS = 160
_LABELS = {TaskKind.BINARY: ("no", "yes"), TaskKind.MULTICLASS: ("a", "b", "c"), TaskKind.REGRESSION: ()}
_MATRIX_ROLES = (Role.NUMERIC, Role.CATEGORICAL)


@dataclass(frozen=True)
class Sample:
    """A small synthetic table with a target that its first columns tell, split into rows to learn from and to score."""

    task: Task
    table: Table
    y: NDArray[Any]
    profile: Profile

    @property
    def train_rows(self) -> NDArray[np.int64]:
        """Three rows of every four."""
        return np.flatnonzero(np.arange(len(self.y)) % 4 != 3)

    @property
    def score_rows(self) -> NDArray[np.int64]:
        """The others."""
        return np.flatnonzero(np.arange(len(self.y)) % 4 == 3)

    def parts(self, encoding: Encoding, train: NDArray[np.int64] | None = None) -> tuple[Part, Part]:
        """Encode the training rows (these, or the usual ones) and the score rows."""
        rows = self.train_rows if train is None else train
        encoder, features = fit_transform(encoding, self.table.take(rows), self.y[rows], self.task, None, SEED)
        score = encoder.transform(self.table.take(self.score_rows))
        return Part(features, self.y[rows]), Part(score, self.y[self.score_rows])


@cache
def sample(kind: TaskKind) -> Sample:
    """Return the sample of a task: three numbers with a few gaps, two categories, 160 rows."""
    rng = np.random.default_rng(SEED)
    numeric = rng.normal(size=(_ROWS, 3))
    categorical = rng.integers(0, 4, size=(_ROWS, 2)).astype(np.int32)
    signal = 2 * numeric[:, 0] - numeric[:, 1] + (categorical[:, 0] == 2) + 0.3 * rng.normal(size=_ROWS)
    labels = _LABELS[kind]
    y: NDArray[Any] = signal * 50 + 1000
    if labels:
        edges = np.quantile(signal, np.linspace(0, 1, len(labels) + 1)[1:-1])
        y = np.searchsorted(edges, signal).astype(np.int64)
    numeric[::11, 2] = np.nan
    categorical[::13, 1] = MISSING
    names = {Role.NUMERIC: ("x0", "x1", "x2"), Role.CATEGORICAL: ("c0", "c1")}
    table = Table(_ROWS, numeric, categorical, np.empty((_ROWS, 0)), names=names, levels=(4, 4))
    task = Task(kind, "y", labels)
    profile = Profile(
        n_rows=_ROWS,
        n_outputs=task.n_outputs,
        columns=((Role.NUMERIC, 3), (Role.CATEGORICAL, 2)),
        max_levels=4,
        rarest=int(np.bincount(y).min()) if labels else _ROWS,
        missing=0.03,
    )
    return Sample(task, table, y, profile)


def check_portfolio_in_space(family: ModelFamily) -> None:
    """Every portfolio entry has every parameter of the space, within its range, and no other."""
    from optuna.trial import FixedTrial

    for one in _samples(family):
        portfolio = family.portfolio(one.task, one.profile)
        assert portfolio, f"{family.name}: the portfolio needs at least one entry, the default"
        for entry in portfolio:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # a value out of range is a warning in Optuna
                sampled = family.suggest(cast(Suggest, FixedTrial(dict(entry))), one.task, one.profile)
            assert sampled == entry, f"{family.name}: suggest turned the portfolio entry {entry} into {sampled}"


def check_random_params_fit(family: ModelFamily) -> None:
    """Ten random samples of the space are encoded, built and fitted, and predict."""
    for one in _samples(family):
        rng = np.random.default_rng(SEED)
        for _ in range(10):
            params = family.suggest(cast(Suggest, _RandomTrial(rng)), one.task, one.profile)
            train, score = one.parts(family.encoding(params, one.task))
            model = family.build(params, one.task, SEED)
            model.fit(train, score, Limits())
            _assert_prediction(family, one.task, model.predict(score.features), len(score.y))


def check_prediction(family: ModelFamily) -> None:
    """Predictions are finite float64 (n_rows, n_outputs); probabilities lie in [0, 1] and sum to one."""
    for one in _samples(family):
        model, train, score = _fitted(family, one)
        _assert_prediction(family, one.task, model.predict(score.features), len(score.y))
        _assert_prediction(family, one.task, model.predict(train.features), len(train.y))


def check_beats_dummy(family: ModelFamily) -> None:
    """The default is clearly better than predicting the mean or the most frequent label on an easy table."""
    for one in _samples(family):
        model, train, score = _fitted(family, one)
        prediction = model.predict(score.features)
        if one.task.is_classification:
            hits = float((prediction.argmax(axis=1) == score.y).mean())
            usual = float((np.bincount(train.y).argmax() == score.y).mean())
            assert hits > usual + 0.1, f"{family.name}: accuracy {hits:.2f}, the most frequent label has {usual:.2f}"
        else:
            error = float(((prediction[:, 0] - score.y) ** 2).mean())
            usual = float(((train.y.mean() - score.y) ** 2).mean())
            assert error < 0.7 * usual, f"{family.name}: squared error {error:.3g}, the mean has {usual:.3g}"


def check_seed_reproduces(family: ModelFamily) -> None:
    """Two models of the same seed predict the same."""
    for one in _samples(family):
        first, _, score = _fitted(family, one)
        second, _, _ = _fitted(family, one)
        _assert_equal(family, first.predict(score.features), second.predict(score.features), "fitting again")


def check_save_and_load(family: ModelFamily) -> None:
    """A model read back from its folder predicts the same, before and after being saved once more."""
    for one in _samples(family):
        model, _, score = _fitted(family, one)
        expected = model.predict(score.features)
        for _ in range(2):
            with tempfile.TemporaryDirectory() as folder:
                model.save(Path(folder))
                model = family.load(Path(folder))
            _assert_equal(family, expected, model.predict(score.features), "saving and loading")


def check_pickles(family: ModelFamily) -> None:
    """The family and a fitted model travel between processes."""
    assert pickle.loads(pickle.dumps(family)).name == family.name
    for one in _samples(family):
        model, _, score = _fitted(family, one)
        again = pickle.loads(pickle.dumps(model))
        _assert_equal(family, model.predict(score.features), again.predict(score.features), "pickling")


def check_inputs_unchanged(family: ModelFamily) -> None:
    """Neither fit nor predict writes into the arrays it is given: they are shared between trials."""
    for one in _samples(family):
        params = _default(family, one)
        train, score = (_frozen(part) for part in one.parts(family.encoding(params, one.task)))
        model = family.build(params, one.task, SEED)
        model.fit(train, score, Limits())
        model.predict(score.features)


def check_missing_class(family: ModelFamily) -> None:
    """A label without training rows keeps its column; a single label that is left can still be predicted."""
    for one in _samples(family):
        if not one.task.is_classification:
            continue
        for kept in ({0, 1}, {1, 2}, {1}):
            rows = one.train_rows[np.isin(one.y[one.train_rows], sorted(kept))]
            params = _default(family, one)
            train, score = one.parts(family.encoding(params, one.task), rows)
            model = family.build(params, one.task, SEED)
            model.fit(train, score, Limits())
            prediction = model.predict(score.features)
            _assert_prediction(family, one.task, prediction, len(score.y))
            unseen = sorted(set(range(one.task.n_outputs)) - kept)
            assert (prediction[:, unseen] < 0.5).all(), f"{family.name}: favours a label without training rows"


def check_single_row(family: ModelFamily) -> None:
    """A row predicted alone gets what it gets among others, and no rows get no predictions."""
    for one in _samples(family):
        model, _, score = _fitted(family, one)
        batch = model.predict(score.features)
        for row in (0, 5):
            alone = model.predict(_rows(score.features, [row]))
            _assert_equal(family, batch[[row]], alone, "predicting a row alone")
        assert model.predict(_rows(score.features, [])).shape == (0, one.task.n_outputs)


def check_no_score_part(family: ModelFamily) -> None:
    """A model can be fitted without rows to stop by, for the final fit on all rows."""
    for one in _samples(family):
        params = _default(family, one)
        train, score = one.parts(family.encoding(params, one.task))
        model = family.build(params, one.task, SEED)
        model.fit(train, None, Limits())
        _assert_prediction(family, one.task, model.predict(score.features), len(score.y))


def check_weights(family: ModelFamily) -> None:
    """Sample weights are taken, whether or not they are used."""
    for one in _samples(family):
        params = _default(family, one)
        train, score = one.parts(family.encoding(params, one.task))
        weights = np.random.default_rng(SEED).uniform(0.5, 2.0, len(train.y))
        model = family.build(params, one.task, SEED)
        model.fit(replace(train, weights=weights), score, Limits())
        _assert_prediction(family, one.task, model.predict(score.features), len(score.y))


def check_no_columns(family: ModelFamily) -> None:
    """A matrix without columns gives a usable prediction, the same for every row."""
    for one in _samples(family):
        if not set(_MATRIX_ROLES) & family.inputs:
            continue
        nothing = [
            Part(Features(np.empty((len(rows), 0), np.float32), (), np.empty(0, np.int64)), one.y[rows])
            for rows in (one.train_rows, one.score_rows)
        ]
        model = family.build(_default(family, one), one.task, SEED)
        model.fit(nothing[0], nothing[1], Limits())
        prediction = model.predict(nothing[1].features)
        _assert_prediction(family, one.task, prediction, len(one.score_rows))
        assert np.ptp(prediction, axis=0).max() < 1e-9


def check_past_deadline(family: ModelFamily) -> None:
    """With no time left, fit raises `TrialFailed` or returns at once with a model that predicts."""
    for one in _samples(family):
        params = _default(family, one)
        train, score = one.parts(family.encoding(params, one.task))
        model = family.build(params, one.task, SEED)
        try:
            model.fit(train, score, Limits(deadline=time.monotonic() - 1))
        except TrialFailed:
            continue
        _assert_prediction(family, one.task, model.predict(score.features), len(score.y))


def check_cost(family: ModelFamily) -> None:
    """Estimated seconds are positive and finite, and do not fall with the rows."""
    for one in _samples(family):
        params = _default(family, one)
        seconds = [family.cost(params, one.task, replace(one.profile, n_rows=n)) for n in (200, 2000, 20_000)]
        assert np.isfinite(seconds).all(), f"{family.name}: costs {seconds}"
        assert 0 < seconds[0] <= seconds[1] <= seconds[2], f"{family.name}: costs {seconds}"


CHECKS: tuple[Check, ...] = (
    check_portfolio_in_space,
    check_random_params_fit,
    check_prediction,
    check_beats_dummy,
    check_seed_reproduces,
    check_save_and_load,
    check_pickles,
    check_inputs_unchanged,
    check_missing_class,
    check_single_row,
    check_no_score_part,
    check_weights,
    check_no_columns,
    check_past_deadline,
    check_cost,
)
"""Every check, in the order in which failures are most telling."""


def check_family(family: ModelFamily) -> None:
    """Run every check on a family; the first that fails raises `AssertionError` or the family's own error."""
    for check in CHECKS:
        check(family)


def parametrize_family_checks(families: Iterable[ModelFamily]) -> Any:
    """Decorate a pytest function of `family` and `check`, which then runs once for each pair, named after both."""
    import pytest

    pairs = [
        pytest.param(family, check, id=f"{family.name}-{check.__name__.removeprefix('check_')}")
        for family in families
        for check in CHECKS
    ]
    return pytest.mark.parametrize(("family", "check"), pairs)


class _RandomTrial:
    """Draws parameters uniformly, without a study."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        if step is not None:
            return float(low + step * self._rng.integers(0, round((high - low) / step) + 1))
        if log:
            return float(np.clip(np.exp(self._rng.uniform(np.log(low), np.log(high))), low, high))
        return float(self._rng.uniform(low, high))

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        if log:
            return int(np.clip(round(np.exp(self._rng.uniform(np.log(low), np.log(high)))), low, high))
        return int(low + step * self._rng.integers(0, (high - low) // step + 1))

    def suggest_categorical(self, name: str, choices: list[Any]) -> Any:
        return choices[self._rng.integers(len(choices))]


def _samples(family: ModelFamily) -> list[Sample]:
    """Return a sample for each of the family's tasks, smallest first."""
    return [sample(kind) for kind in TaskKind if kind in family.tasks]


def _default(family: ModelFamily, one: Sample) -> Params:
    return family.portfolio(one.task, one.profile)[0]


def _fitted(family: ModelFamily, one: Sample) -> tuple[Model, Part, Part]:
    params = _default(family, one)
    train, score = one.parts(family.encoding(params, one.task))
    model = family.build(params, one.task, SEED)
    model.fit(train, score, Limits())
    return model, train, score


def _rows(features: Features, rows: list[int]) -> Features:
    picked = {name: cells[rows] for name, cells in features.raw.items()}
    return replace(features, matrix=np.ascontiguousarray(features.matrix[rows]), raw=picked)


def _frozen(part: Part) -> Part:
    """Return a copy whose arrays raise when written to."""
    matrix, y = part.features.matrix.copy(), part.y.copy()
    matrix.flags.writeable = y.flags.writeable = False
    return Part(replace(part.features, matrix=matrix), y)


def _assert_prediction(family: ModelFamily, task: Task, prediction: NDArray[Any], n_rows: int) -> None:
    name, expected = family.name, (n_rows, task.n_outputs)
    assert prediction.shape == expected, f"{name}: predictions must be {expected}, but are {prediction.shape}"
    assert prediction.dtype == np.float64, f"{name}: predictions must be float64, but are {prediction.dtype}"
    assert np.isfinite(prediction).all(), f"{name}: predictions must be finite"
    if task.is_classification:
        assert prediction.min() >= 0, f"{name}: a probability is {prediction.min()}"
        np.testing.assert_allclose(prediction.sum(axis=1), 1.0, atol=1e-6, err_msg=f"{name}: probabilities")


def _assert_equal(family: ModelFamily, first: NDArray[Any], second: NDArray[Any], what: str) -> None:
    message = f"{family.name}: {what} changed the predictions"
    np.testing.assert_allclose(second, first, rtol=1e-6, atol=1e-6, err_msg=message)
