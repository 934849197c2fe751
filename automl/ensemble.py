"""Which trials to combine, with which weights: greedy forward selection over out-of-fold predictions.

Caruana, Niculescu-Mizil, Crew, Ksikes 2004 ("Ensemble selection from libraries of models",
doi 10.1145/1015330.1015432): selection with replacement, starting from the best. Deviations: few steps, ties go to
members that are already in, the sum of what members cost to predict is bounded, and the returned weights are those of
the best step, not of the last.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.data.folds import Fold
from automl.data.sampling import sample_rows
from automl.data.weights import effective, weights_at
from automl.decision import cross_decided_error
from automl.metrics import Metric
from automl.metrics.probabilities import log_loss
from automl.search.shortlist import shortlist
from automl.task import Task

STEPS = 25  # gains beyond 25 steps are noise
PARTS = 4  # of the rows, each judged by weights chosen on the others
ROWS_LEAST = 2_000
ROWS = 20_000  # rows that judge a step; more change nothing and cost time
ROW_SECONDS = 1e-3
"""What one row may cost to predict on one core: 2,000 rows a second on two."""
MOST_ROW_SECONDS = 4e-3
"""What it may cost where that is worth it: for the Ames houses the error was 3% lower, and no lower for yet more."""
SLOW_ROW_SECONDS = 16e-3
"""What it may cost where that is worth it once more: kernels on sequences, say, which are slow and often the best."""
BACKBONE_ROW_SECONDS = 0.25
"""What it may cost, where that is worth it, with pretrained weights: these are slow, but were asked for."""
ROW_BUDGETS = (ROW_SECONDS, MOST_ROW_SECONDS, SLOW_ROW_SECONDS)
WORTH = 0.01  # the share of the error that a dearer ensemble must save
SLACK = 1e-4  # a step must improve the error by this share of it to bring in a new member

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Library:
    """What can be combined: `predictions` (n_trials, n_rows, n_outputs) float32 over the scored rows.

    `errors` (n_trials,), `families` one name a trial, `y` and `weights` (n_rows,), and `folds` over these rows.
    `row_seconds` (n_trials,) is what predicting one row costs on one core, empty where it does not matter, and
    `row_budget` what the members may cost together. `candidates` bounds how many trials are considered, `members` how
    many are chosen; None does not.
    """

    predictions: NDArray[np.float32]
    errors: Sequence[float]
    families: Sequence[str]
    y: NDArray[Any]
    weights: Array | None
    folds: Sequence[Fold]
    metric: Metric
    task: Task
    row_seconds: Sequence[float] = ()
    row_budget: float = ROW_SECONDS
    candidates: int | None = None
    members: int | None = None


@dataclass(frozen=True)
class Ensemble:
    """Weights (n_trials,) that sum to one, the error of the blend on the rows it was chosen on, and the honest one.

    `honest_error` judges each part of the rows by weights that were chosen on the other parts.
    """

    weights: Array
    error: float
    honest_error: float


def build_ensemble(library: Library, seed: int = 0, seconds: float | None = None) -> Ensemble:
    """Choose weights on all rows, and judge the choosing by cross-validation, in about this many seconds.

    A slow metric is asked about fewer candidates on fewer rows.
    """
    chosen = shortlist(library.errors, library.families)
    rows = sample_rows(len(library.y), ROWS, seed)
    if seconds is not None:
        chosen, rows = _in_time(library, chosen, rows, seconds, seed)
    library = replace(library, candidates=len(chosen))
    weights = np.zeros(len(library.errors))
    weights[chosen] = greedy_weights(library, chosen, rows)
    return replace(judged(library, weights), honest_error=_honest_error(library, rows))


def worthwhile_ensemble(
    library: Library, seed: int = 0, seconds: float | None = None, budgets: Sequence[float] = ROW_BUDGETS
) -> Ensemble:
    """Build an ensemble within the first of these budgets for a row, or within a later one if that is better by far.

    `budgets` are in seconds and rise; they take the place of the library's own.
    """
    share = None if seconds is None else seconds / 2  # seldom are more than two built
    *cheaper, most = budgets
    best = build_ensemble(replace(library, row_budget=most), seed, share)
    costs = np.asarray(library.row_seconds) if len(library.row_seconds) else np.zeros(len(library.errors))
    for budget in reversed(cheaper):
        if costs[best.weights > 0].sum() <= budget:
            continue
        cheap = build_ensemble(replace(library, row_budget=budget), seed, share)
        best = best if best.honest_error < cheap.honest_error - WORTH * abs(cheap.honest_error) else cheap
    return best


def judged(library: Library, weights: Array) -> Ensemble:
    """Judge weights (n_trials,) that were chosen elsewhere, on all rows; the honest error is taken to be the same."""
    error = _error(library, combine(library.predictions, weights))
    return Ensemble(weights, error, honest_error=error)


def combine(predictions: NDArray[np.float32], weights: Array) -> Array:
    """Return the weighted mean over trials, (n_rows, n_outputs) float64."""
    total = np.zeros(predictions.shape[1:])
    for index in np.flatnonzero(weights):
        total += weights[index] * predictions[index]
    return total


def greedy_weights(library: Library, chosen: NDArray[np.int64], rows: NDArray[np.int64]) -> Array:
    """Return weights (n_chosen,) that sum to one, selected on these rows."""
    judge = _Judge(library, chosen, rows)
    costs = np.asarray(library.row_seconds)[chosen] if len(library.row_seconds) else np.zeros(len(chosen))
    counts = np.zeros(len(chosen))
    best_counts, best_error = counts.copy(), np.inf
    for step in range(STEPS):
        errors = judge.errors_of_next(step)
        errors[(counts == 0) & (costs + costs[counts > 0].sum() > max(library.row_budget, costs.min()))] = np.inf
        members = np.flatnonzero(counts)
        if library.members is not None and len(members) >= library.members:
            errors[counts == 0] = np.inf
        pick = int(np.argmin(errors))
        if len(members):
            favourite = int(members[np.argmin(errors[members])])
            if errors[favourite] <= errors[pick] + SLACK * abs(errors[pick]):
                pick = favourite
        counts[pick] += 1
        judge.add(pick)
        if errors[pick] < best_error - 1e-12:
            best_counts, best_error = counts.copy(), float(errors[pick])
    weights: Array = best_counts / best_counts.sum()
    return weights


class _Judge:
    """Computes the error of (sum so far + one more) / (steps + 1) for every candidate."""

    def __init__(self, library: Library, chosen: NDArray[np.int64], rows: NDArray[np.int64]) -> None:
        self._metric = library.metric
        self._y = library.y[rows]
        self._weights = effective(weights_at(library.weights, rows))
        self._log_loss = library.metric.function is log_loss
        picked = library.predictions[chosen][:, rows]
        if self._log_loss:  # only the probability of the true label matters
            self._candidates = picked[:, np.arange(len(rows)), self._y].astype(np.float64)
        else:
            self._candidates = picked.astype(np.float64)
        self._sum = np.zeros(self._candidates.shape[1:])

    def errors_of_next(self, step: int) -> Array:
        blends = (candidate + self._sum for candidate in self._candidates)
        if self._log_loss:
            return np.array([self._mean_log(blend / (step + 1)) for blend in blends])
        return np.array([self._metric.error(self._y, blend / (step + 1), self._weights) for blend in blends])

    def _mean_log(self, probability: Array) -> float:
        losses = -np.log(np.clip(probability, 1e-15, 1.0))
        return float(np.average(losses, weights=self._weights))

    def add(self, pick: int) -> None:
        self._sum += self._candidates[pick]


def _honest_error(library: Library, sample: NDArray[np.int64], parts: int = PARTS) -> float:
    """Choose weights without each part of the rows in turn, and judge all parts together."""
    scores = [fold.score for fold in library.folds]
    groups = [np.concatenate(scores[start::parts]) for start in range(min(parts, len(scores)))]
    if len(groups) == 1:  # one holdout part: its two halves judge each other
        groups = [groups[0][0::2], groups[0][1::2]]
    blend = np.zeros(library.predictions.shape[1:])
    in_sample = np.zeros(len(library.y), dtype=bool)
    in_sample[sample] = True
    for group in groups:
        rest = in_sample.copy()
        rest[group] = False
        rows = np.flatnonzero(rest)
        errors = [
            library.metric.error(library.y[rows], p[rows].astype(np.float64), weights_at(library.weights, rows))
            for p in library.predictions
        ]
        chosen = shortlist(errors, library.families)[: library.candidates]
        weights = np.zeros(len(library.errors))
        weights[chosen] = greedy_weights(library, chosen, rows)
        blend[group] = combine(library.predictions[:, group], weights)
    return _error(library, blend)


def _error(library: Library, blend: Array) -> float:
    return cross_decided_error(library.metric, library.y, blend, library.weights, library.folds)


def _in_time(
    library: Library, chosen: NDArray[np.int64], rows: NDArray[np.int64], seconds: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cut rows, then candidates, to what the seconds allow, by the time that judging the candidates once takes."""
    judge = _Judge(library, chosen[:3], rows)
    started = time.perf_counter()
    judge.errors_of_next(0)
    once = (time.perf_counter() - started) / len(chosen[:3])
    too_slow = once * len(chosen) * STEPS * (PARTS + 1) / max(seconds, 1e-3)
    if too_slow <= 1:
        return chosen, rows
    fewer = max(min(len(rows), ROWS_LEAST), int(len(rows) / too_slow))
    too_slow *= fewer / len(rows)
    return chosen[: max(5, int(len(chosen) / max(1.0, too_slow)))], sample_rows(len(library.y), fewer, seed)
