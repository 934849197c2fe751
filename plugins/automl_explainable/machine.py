"""Fitting InterpretML's explainable boosting machine, and taking its terms out of it."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.plugin import Limits, TrialFailed
from automl_explainable.terms import Additive, Axis, Term, average, same_axes

Data = tuple[NDArray[np.float64], NDArray[Any], NDArray[np.float64] | None]
"""Cells (n_rows, n_features) with NaN for gaps, targets (n_rows,), and weights (n_rows,) or None."""

MAX_ROUNDS = 5000  # steps a term; early stopping ends long before
_STOPPING = {"early_stopping_rounds": 50, "early_stopping_tolerance": 1e-3}  # slower gains are not worth their time
_WORK = 15.0  # what the learning rates of a term add up to when it is nearly fitted (4 to 60 on the tables at hand)
_FASTEST = 0.3
_LOOKS = frozenset({100, 400, 1600})  # steps after which the pace is compared with the time left
_RESTARTS = 2
_FEWEST_STEPS = 5  # a column, for a model that says anything
_SHARE = 0.8  # of a bag's time in which it may boost; ranking pairs and putting the terms together take the rest
_FIRST = 0.6  # of the time left that the first bag may take; the others choose no pairs


def fit_bags(
    wanted: Mapping[str, Any], data: Data, categorical: NDArray[np.int64], classify: bool, bags: int, limits: Limits
) -> Additive:
    """Fit up to `bags` machines, each stopping early on its own sample of the rows, and return their mean.

    The pairs that the first one chooses serve all of them. With a deadline there are as many bags as fit into it.
    """
    import interpret.glassbox  # noqa: F401 - takes a second, which is not to count as the first bag's

    settings, seed = dict(wanted), int(wanted["random_state"])
    models: list[Additive] = []
    slowest = 0.0
    for bag in range(bags):
        if models and limits.seconds_left < 1.3 * slowest:
            break
        started = time.monotonic()
        share = limits.share(_FIRST if not models else 1.0)
        try:
            machine, settings = _fit_in_time(
                {**settings, "random_state": seed + bag}, data, categorical, classify, share
            )
        except TrialFailed:
            if not models:
                raise
            break
        model = read_terms(machine, categorical)
        slowest = max(slowest, time.monotonic() - started)
        if not models:
            settings["interactions"] = [features for features in machine.term_features_ if len(features) > 1]
        if not models or same_axes(models[0], model):
            models.append(model)
    return average(models)


def _fit_in_time(
    settings: dict[str, Any], data: Data, categorical: NDArray[np.int64], classify: bool, limits: Limits
) -> tuple[Any, dict[str, Any]]:
    """Fit a machine; begin again with a higher learning rate where the time is too short for this one.

    Returns the machine and the settings that it was fitted with. Without a deadline nothing depends on the clock.
    """
    from interpret.glassbox import ExplainableBoostingClassifier, ExplainableBoostingRegressor

    matrix, y, weights = data
    kinds = ["continuous"] * matrix.shape[1]
    for position in categorical:
        kinds[position] = "nominal"
    for attempt in range(_RESTARTS + 1):
        until = None if limits.deadline is None else Until(settings, matrix.shape[1], limits, attempt < _RESTARTS)
        machine = (ExplainableBoostingClassifier if classify else ExplainableBoostingRegressor)(
            **settings, **_STOPPING, feature_types=kinds, max_rounds=MAX_ROUNDS, outer_bags=1, n_jobs=1, callback=until
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # gaps cannot be drawn, few rows, many labels: nothing to act upon
            machine.fit(matrix, y, sample_weight=weights)
        if until is None or until.too_slow <= 1:
            break
        settings["learning_rate"] = min(_FASTEST, settings["learning_rate"] * until.too_slow)
        settings["smoothing_rounds"] = int(settings["smoothing_rounds"] / until.too_slow)
    if until is not None and until.unusable:
        raise TrialFailed("out of time before every column had a few steps")
    return machine, settings


class Until:
    """The machine's callback, called after each step: says whether the time is up.

    `unusable` tells that it was up before the columns had a few steps each. `too_slow` is by how much learning must be
    faster to be done in time, where it was stopped to begin again.
    """

    def __init__(self, settings: Mapping[str, Any], n_features: int, limits: Limits, may_restart: bool) -> None:
        pairs = settings["interactions"]
        share = _SHARE if pairs in (0, []) else _SHARE / 2  # pairs are boosted after the curves
        now = time.monotonic()
        self.too_slow, self.unusable, self._n_features = 1.0, False, n_features
        self._until = now + _SHARE * limits.seconds_left
        self._curves_until = now + share * limits.seconds_left
        self._steps_needed = n_features * (_WORK / settings["learning_rate"] + settings["smoothing_rounds"])
        self._fastest = _FASTEST / settings["learning_rate"]
        self._may_restart = may_restart
        self._steps = 0
        self._created = self._first = now

    def __call__(self, bag: int, step: int, progress: bool, score: float) -> bool:
        """Return True to stop."""
        now = time.monotonic()
        self._steps += 1
        if self._steps == 1:
            self._first = now
        elif self._may_restart and self._steps in _LOOKS:
            pace = (now - self._first) / (self._steps - 1)
            slow = pace * (self._steps_needed - self._steps) / max(self._curves_until - now, 1e-3)
            again = self._curves_until - now > 2 * (self._first - self._created)  # preparing the columns takes its time
            if again and slow > 1.3 and self._fastest > 1.3:
                self.too_slow = min(slow, self._fastest)
                return True
        self.unusable = now > self._until and self._steps < _FEWEST_STEPS * self._n_features
        return now > self._until


def read_terms(machine: Any, categorical: NDArray[np.int64]) -> Additive:
    """Return the terms of a fitted machine."""
    codes = set(categorical.tolist())
    axes = tuple(_axis(levels, position in codes) for position, levels in enumerate(machine.bins_))
    intercept = np.asarray(machine.intercept_, dtype=np.float64).reshape(-1)
    terms = []
    for features, scores in zip(machine.term_features_, machine.term_scores_, strict=True):
        table = np.asarray(scores, dtype=np.float64)
        shape = (*table.shape[: len(features)], len(intercept))
        terms.append(Term(tuple(int(position) for position in features), table.reshape(shape)))
    return Additive(axes, tuple(terms), intercept)


def _axis(levels: Any, categorical: bool) -> Axis:
    """Translate a column's bins; the last of `levels` serves all larger terms."""
    tables = [_bin_of_code(level) if categorical else np.asarray(level, dtype=np.float64) for level in levels]
    return Axis(categorical, tables[0], tables[min(1, len(tables) - 1)])


def _bin_of_code(level: Mapping[str, int]) -> NDArray[np.int64]:
    """Turn the machine's bins of texts into the bin of each code (n_codes,): 0 for code 0, which is a gap."""
    codes = {int(float(text)): position for text, position in level.items()}
    table = np.full(max(codes, default=0) + 1, -1, dtype=np.int64)
    for code, position in codes.items():
        table[code] = position
    table[0] = 0
    return table
