"""Making an ensemble cheaper to predict with, at the least loss: fewer members, fewer models of each, or one model.

Members leave one at a time, first those whose going costs the least error for the time it saves (backward elimination).
The models of a member, one a fold, are averaged; any one of them is as good as its out-of-fold score says, and their
mean a little better (bagging: Breiman 1996, doi 10.1007/BF00058655), so that leaving some out has a price too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.ensemble import Array, Ensemble, Library, combine, judged

FAST = 0.01
"""The share of its score that a fast model may give up."""
BAG = 0.02  # the share of the error by which the mean of many fold models is better than one of them
COUNTS = (4, 2, 1)  # models of each member that are tried, beside all
CHEAP = 5e-5  # seconds a row; what is cheaper is as fast as can be, since a call alone takes longer
_ROWS = 10_000  # that judge a reduction


@dataclass(frozen=True)
class Cost:
    """What one row costs, in seconds: `base` whoever predicts, and `seconds` for all models of each trial that has a
    weight, of which it has so many `models`; both by its position in the library."""

    base: float
    seconds: Mapping[int, float]
    models: Mapping[int, int]


@dataclass(frozen=True)
class Slim:
    """A cheaper ensemble: `weights` (n_trials,) that sum to one, at most so many `models` of each member.

    `error` and `seconds` a row are what is expected of it.
    """

    weights: Array
    models: int
    error: float
    seconds: float


def reductions(library: Library, weights: Array, cost: Cost) -> list[Slim]:
    """Return all that is considered, the whole ensemble first."""
    most = max(cost.models.values())
    return [
        _expected(kept, error, count, cost)
        for kept, error in eliminated(library, weights, cost.seconds)
        for count in (most, *(count for count in COUNTS if count < most))
    ]


def best_within(slims: Sequence[Slim], seconds: float) -> Slim:
    """Return the one with the least error among those that take at most so long, the fastest where none does."""
    held = [slim for slim in slims if slim.seconds <= seconds]
    return min(held, key=lambda slim: slim.error) if held else min(slims, key=lambda slim: slim.seconds)


def fast_weights(library: Library, ensemble: Ensemble, costs: Sequence[float]) -> Array:
    """Return the weights (n_trials,) of one model, or of as few as possible, that give up at most `FAST` of the score.

    Of the trials that are good enough alone, the cheapest; among those too cheap to tell apart, the best. `costs` are
    the seconds a row of one model of each trial, infinite for a trial whose models are gone.
    """
    allowed = ensemble.error + FAST * abs(library.metric.score_of(ensemble.error))
    good = [i for i, error in enumerate(library.errors) if error <= allowed and np.isfinite(costs[i])]
    if good:
        weights = np.zeros(len(library.errors))
        weights[min(good, key=lambda i: (max(costs[i], CHEAP), library.errors[i], i))] = 1.0
        return weights
    members = {int(i): costs[int(i)] for i in np.flatnonzero(ensemble.weights)}
    kept = ensemble.weights
    for weights, _ in eliminated(library, ensemble.weights, members):
        if judged(library, weights).error <= allowed:
            kept = weights
    return kept


def rejudged(library: Library, whole: Ensemble, weights: Array) -> Ensemble:
    """Judge other weights; what choosing made of luck is taken to be what it was in the whole ensemble."""
    result = judged(library, weights)
    return replace(result, honest_error=result.error + max(0.0, whole.honest_error - whole.error))


def eliminated(library: Library, weights: Array, seconds: Mapping[int, float]) -> list[tuple[Array, float]]:
    """Return the weights after each member that leaves, none first, and the errors on a sample of rows."""
    sample = np.linspace(0, len(library.y) - 1, min(_ROWS, len(library.y))).astype(np.int64)
    members = np.flatnonzero(weights)
    part = _Part(
        library.predictions[members][:, sample],
        library.y[sample],
        None if library.weights is None else library.weights[sample],
        library,
    )
    kept = weights[members].copy()
    saved = np.array([max(seconds[int(i)], 1e-9) for i in members])
    error = part.error(kept)
    found = [(weights, error)]
    while np.count_nonzero(kept) > 1:
        errors = np.full(len(kept), np.inf)
        for i in np.flatnonzero(kept):
            errors[i] = part.error(_without(kept, int(i)))
        price = np.maximum(errors - error, 0.0) / saved
        leaves = int(np.lexsort((errors, -saved, price))[0])
        kept, error = _without(kept, leaves), float(errors[leaves])
        all_weights = np.zeros(len(weights))
        all_weights[members] = kept
        found.append((all_weights, error))
    return found


@dataclass(frozen=True)
class _Part:
    """The members' predictions on some rows, (n_members, n_rows, n_outputs), and what judges them."""

    predictions: NDArray[np.float32]
    y: NDArray[Any]
    weights: Array | None
    library: Library

    def error(self, kept: Array) -> float:
        """Return the error of the blend."""
        return float(self.library.metric.error(self.y, combine(self.predictions, kept), self.weights))


def _without(kept: Array, i: int) -> Array:
    rest = kept.copy()
    rest[i] = 0.0
    rest /= rest.sum()
    return rest


def _expected(weights: Array, error: float, count: int, cost: Cost) -> Slim:
    members = [int(i) for i in np.flatnonzero(weights)]
    left = {i: min(count, cost.models[i]) for i in members}
    loss = BAG * sum(float(weights[i]) * (1 / left[i] - 1 / cost.models[i]) for i in members)
    seconds = cost.base + sum(cost.seconds[i] * left[i] / cost.models[i] for i in members)
    return Slim(weights, count, error + abs(error) * loss, seconds)
