"""From probabilities to labels: the threshold or the scales that serve a metric of labels best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.data.folds import Fold
from automl.data.weights import effective, weights_at
from automl.metrics import Array, Metric, two_halves
from automl.metrics.counts import Counts
from automl.metrics.labels import FROM_COUNTS, precision, recall
from automl.storage import storable

_TIE = 1e-12  # scores this near are equal
_MOST_CUTS = 64  # thresholds tried for a metric that counts cannot give
_EXPONENTS = (0.25, 0.5, 0.75, 1.0)  # of one over the prior; 1 favours all labels alike
_FACTORS = (0.7, 0.85, 1.2, 1.4)  # steps of the coordinate ascent over scales
_MOST_LABELS = 20  # with more, one round of the ascent costs more than it has brought
_FEWEST_ROWS = 20  # fewer cannot tell a better threshold from luck


@storable("decision")
@dataclass(frozen=True, eq=False)  # eq would compare arrays
class Decision:
    """How labels are decided: in a binary task above `threshold`, otherwise by the greatest scaled one.

    `scales` is (n_labels,) float64 or None, which scales nothing. The default takes the likeliest label.
    """

    threshold: float = 0.5
    scales: NDArray[np.float64] | None = None

    def labels(self, probabilities: Array) -> NDArray[np.int64]:
        """Turn (n_rows, n_labels) float64 probabilities into (n_rows,) int64 label positions."""
        if probabilities.shape[1] == 2:
            return (probabilities[:, 1] > self.threshold).astype(np.int64)
        scaled = probabilities if self.scales is None else probabilities * self.scales
        return np.asarray(scaled.argmax(axis=1), dtype=np.int64)


def tune_decision(metric: Metric, y: NDArray[Any], probabilities: Array, weights: Array | None = None) -> Decision:
    """Return the decision with the lowest error on these out-of-fold probabilities, (n_rows, n_labels).

    The default decision stays where the metric reads no labels, where the rows are too few, and where a
    decision tuned on one half of the rows does not beat it on the other half.
    """
    if metric.uses != "labels" or len(y) < _FEWEST_ROWS or (y == y[0]).all():
        return Decision()
    tuned = _tuned(metric, y, probabilities, weights)
    if tuned.threshold == 0.5 and tuned.scales is None:
        return tuned
    half = two_halves(y)
    decided = np.empty(len(y), dtype=np.int64)
    for rows in (half, ~half):
        other = _tuned(metric, y[~rows], probabilities[~rows], weights_at(weights, ~rows))
        decided[rows] = other.labels(probabilities[rows])
    honest = _error_of_labels(metric, y, decided, weights)
    return tuned if honest < metric.error(y, probabilities, weights) - _TIE else Decision()


def cross_decided_error(
    metric: Metric, y: NDArray[Any], predictions: Array, weights: Array | None, folds: Sequence[Fold]
) -> float:
    """Return the pooled error over the score rows, each decided by what was tuned on the other folds' rows.

    `predictions` are out-of-fold, (n_rows, n_outputs), and read at score rows only. With repeats a row is
    decided in the first fold that scores it. One fold alone (a holdout) is judged as two halves of its score
    rows. For a metric that reads no labels it is the error as it is.
    """
    parts = _score_parts(folds)
    rows = np.concatenate(parts)
    if metric.uses != "labels":
        return metric.error(y[rows], predictions[rows], weights_at(weights, rows))
    if len(parts) == 1:
        half = two_halves(y[rows])
        parts = [rows[half], rows[~half]]
    decided = np.empty(len(y), dtype=np.int64)
    for part in parts:
        others = np.setdiff1d(rows, part, assume_unique=True)
        decision = tune_decision(metric, y[others], predictions[others], weights_at(weights, others))
        decided[part] = decision.labels(predictions[part])
    return _error_of_labels(metric, y[rows], decided[rows], weights_at(weights, rows))


def _score_parts(folds: Sequence[Fold]) -> list[NDArray[np.int64]]:
    """Return the score rows of each fold without those that an earlier fold has."""
    parts: list[NDArray[np.int64]] = []
    seen = np.zeros(max(int(fold.score.max(initial=-1)) for fold in folds) + 1, dtype=bool)
    for fold in folds:
        fresh = fold.score[~seen[fold.score]]
        seen[fresh] = True
        if len(fresh):
            parts.append(fresh)
    return parts


def _error_of_labels(metric: Metric, y: NDArray[Any], decided: NDArray[np.int64], weights: Array | None) -> float:
    return metric.as_error(metric.function(y, decided, effective(weights)))


def _tuned(metric: Metric, y: NDArray[Any], probabilities: Array, weights: Array | None) -> Decision:
    weights = effective(weights)
    if probabilities.shape[1] == 2:
        return Decision(threshold=_best_threshold(metric, y, probabilities[:, 1], weights))
    return Decision(scales=_best_scales(metric, y, probabilities, weights))


def _best_threshold(metric: Metric, y: NDArray[Any], score: Array, weights: Array | None) -> float:
    """Return the threshold of the lowest error, of several the one nearest to 0.5.

    Thresholds lie midway between neighbouring scores, and beyond both ends; the gap that holds 0.5 gives 0.5.
    """
    order = score.argsort()
    ranked = score[order]
    ends = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1)
    cuts = _cuts(ranked[ends])
    if metric.function in FROM_COUNTS:
        counts = _counts_at_cuts(y[order], ends, weights_at(weights, order))
        scores = FROM_COUNTS[metric.function](counts)
        allowed = _allowed(metric, counts, int(np.abs(cuts - 0.5).argmin()))
    else:
        if len(cuts) > _MOST_CUTS:
            cuts = np.append(np.quantile(cuts, np.linspace(0, 1, _MOST_CUTS), method="nearest"), 0.5)
        scores = np.array([metric.function(y, (score > cut).astype(np.int64), weights) for cut in cuts])
        allowed = np.ones(len(cuts), dtype=bool)
    errors = np.where(allowed, -scores if metric.greater_is_better else scores, np.inf)
    best = np.flatnonzero(errors <= errors.min() + _TIE)
    return float(cuts[best[np.abs(cuts[best] - 0.5).argmin()]])


def _cuts(levels: Array) -> Array:
    """Return a threshold below, between and above the ascending distinct scores, (n_levels + 1,) float64."""
    # Between neighbouring floats the middle rounds to one of them; a cut at the lower one still parts them.
    between = np.minimum((levels[:-1] + levels[1:]) / 2.0, np.nextafter(levels[1:], -np.inf))
    below = levels[0] / 2.0 if levels[0] > 0 else -1.0
    cuts = np.concatenate([[below], between, [(levels[-1] + 1.0) / 2.0]])
    cuts[np.searchsorted(levels, 0.5, side="right")] = 0.5
    return cuts


def _counts_at_cuts(y: NDArray[Any], ends: NDArray[np.intp], weights: Array | None) -> Counts:
    """Count for every cut, rows being sorted by score: those up to an end are decided negative."""
    weight = np.ones(len(y)) if weights is None else weights
    negative = np.concatenate([[0.0], np.cumsum(weight * (y == 0))[ends]])
    positive = np.concatenate([[0.0], np.cumsum(weight * (y == 1))[ends]])
    return Counts(positive[-1] - positive, negative[-1] - negative, positive, negative)


def _allowed(metric: Metric, counts: Counts, at_half: int) -> NDArray[np.bool_]:
    """Bar the trivial ends of precision (hardly a row positive) and of recall (every row positive).

    Precision may decide half as many rows positive as there are, or as few as the cut at 0.5 does but no
    fewer than a tenth of them; recall at most twice as many as there are, or as many as the cut at 0.5 does.
    """
    chosen = counts.true_positive + counts.false_positive
    actual = counts.true_positive + counts.false_negative
    if metric.function is precision:
        fewest = np.maximum(np.minimum(chosen[at_half], actual / 2.0), actual / 10.0)
        return np.asarray(chosen >= fewest)
    if metric.function is recall:
        return np.asarray(chosen <= np.maximum(chosen[at_half], 2.0 * actual))
    return np.ones(len(chosen), dtype=bool)


def _best_scales(metric: Metric, y: NDArray[Any], probabilities: Array, weights: Array | None) -> Array | None:
    """Return the scales of the lowest error: powers of 1 over the priors, then one round of steps."""
    priors = np.bincount(y, weights=weights, minlength=probabilities.shape[1])
    priors = np.maximum(priors / priors.sum(), 1.0 / len(y))
    best, lowest = None, metric.error(y, probabilities, weights)
    for exponent in _EXPONENTS:
        scales = priors**-exponent
        error = metric.error(y, probabilities * scales, weights)
        if error < lowest - _TIE:
            best, lowest = scales, error
    if len(priors) > _MOST_LABELS:
        return best
    for label in range(len(priors)):
        start = np.ones(len(priors)) if best is None else best
        for factor in _FACTORS:
            scales = start.copy()
            scales[label] *= factor
            error = metric.error(y, probabilities * scales, weights)
            if error < lowest - _TIE:
                best, lowest = scales, error
    return best
