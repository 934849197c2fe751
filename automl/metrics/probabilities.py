"""Metrics of probabilities: y (n_rows,) int64 positions, probabilities (n_rows, n_labels) float64.

Written in plain numpy, without BLAS whose threads wait for each other on busy cores, because greedy
ensembling calls a metric thousands of times. Rows are expected to be finite and to sum to one. With two
columns the second is the positive label; with more, a metric of rankings is the mean over the labels of one
label against the rest, without the labels that no row of y has.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.metrics.metric import Array

_EPS = float(np.finfo(np.float64).eps)  # scikit-learn's bound too: both agree on a probability of zero
_Mask = NDArray[np.bool_]
_Ranking = Callable[[_Mask, Array, Array | None], float | None]


def roc_auc(y: NDArray[Any], probabilities: Array, weights: Array | None = None) -> float:
    """Return the area under the ROC curve; 0.5 where y has one label only."""
    return _one_against_rest(_binary_roc_auc, y, probabilities, weights, neutral=0.5)


def average_precision(y: NDArray[Any], probabilities: Array, weights: Array | None = None) -> float:
    """Return the area under the precision-recall steps; 0.0 where y has no positive row."""
    return _one_against_rest(_binary_average_precision, y, probabilities, weights, neutral=0.0)


def log_loss(y: NDArray[Any], probabilities: Array, weights: Array | None = None) -> float:
    """Return the mean negative log of the probability given to the true label, in nats."""
    n_rows, n_labels = probabilities.shape
    given = probabilities.ravel().take(np.arange(0, n_rows * n_labels, n_labels) + y)
    logs = np.log(np.maximum(given, _EPS))
    return float(-logs.sum() / n_rows if weights is None else -(logs * weights).sum() / weights.sum())


def brier(y: NDArray[Any], probabilities: Array, weights: Array | None = None) -> float:
    """Return the mean squared distance from the truth: of the positive label, or summed over more."""
    n_rows, n_labels = probabilities.shape
    if n_labels == 2:
        distance = (probabilities[:, 1] - y) ** 2
    else:
        distance = (probabilities**2).sum(axis=1) + 1.0 - 2.0 * probabilities[np.arange(n_rows), y]
    return float(distance.sum() / n_rows if weights is None else (distance * weights).sum() / weights.sum())


def _one_against_rest(
    ranking: _Ranking, y: NDArray[Any], probabilities: Array, weights: Array | None, neutral: float
) -> float:
    columns = range(probabilities.shape[1]) if probabilities.shape[1] > 2 else (1,)
    scores = [ranking(y == column, probabilities[:, column], weights) for column in columns]
    defined = [score for score in scores if score is not None]
    return sum(defined) / len(defined) if defined else neutral


def _binary_roc_auc(positive: _Mask, score: Array, weights: Array | None) -> float | None:
    """Return the area by trapezoids, a step for each group of equal scores; None with one label only."""
    order = score.argsort()
    ranked = score[order]
    changes = ranked[1:] != ranked[:-1]
    if weights is None and changes.all():  # without ties the ranks of the positive rows say it all
        places = np.flatnonzero(positive[order])
        n_positive, pairs = len(places), len(places) * (len(order) - len(places))
        return float((places.sum() - n_positive * (n_positive - 1) / 2) / pairs) if pairs else None
    ends = np.append(np.flatnonzero(changes), len(ranked) - 1)
    if weights is None:
        below_positive = np.cumsum(positive[order])[ends].astype(np.float64)
        below_negative = (ends + 1) - below_positive
    else:
        weight = weights[order]
        below_positive = np.cumsum(weight * positive[order])[ends]
        below_negative = np.cumsum(weight * ~positive[order])[ends]
    total = below_positive[-1] * below_negative[-1]
    if total <= 0:
        return None
    steps = np.diff(below_positive, prepend=0.0)
    heights = below_negative.copy()
    heights[1:] += below_negative[:-1]
    return float((steps * heights).sum() / (2.0 * total))


def _binary_average_precision(positive: _Mask, score: Array, weights: Array | None) -> float | None:
    """Return the sum of precision times recall gained, highest scores first; None without a positive."""
    order = (-score).argsort()
    ranked = score[order]
    ends = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1)
    weight = np.ones(len(order)) if weights is None else weights[order]
    above_positive = np.cumsum(weight * positive[order])[ends]
    above = np.cumsum(weight)[ends]
    if above_positive[-1] <= 0:
        return None
    # Where everything so far has weight zero, so has the recall gained.
    precision = np.divide(above_positive, above, out=np.zeros_like(above), where=above > 0)
    return float((np.diff(above_positive, prepend=0.0) * precision).sum() / above_positive[-1])
