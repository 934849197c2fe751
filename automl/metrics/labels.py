"""Metrics of decided labels: y and decided (n_rows,) int64 positions, weights (n_rows,) float64 or None.

The positive label of a binary task is the one at position 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.metrics import counts as binary
from automl.metrics.counts import Counts, ratio
from automl.metrics.metric import Array, Labels, MetricFunction


def accuracy(y: NDArray[Any], decided: Labels, weights: Array | None = None) -> float:
    """Return the share of rows decided rightly."""
    if weights is None:
        return float(np.count_nonzero(y == decided) / len(y))
    return float((weights * (y == decided)).sum() / weights.sum())


def precision(y: NDArray[Any], decided: Labels, weights: Array | None = None) -> float:
    """Return the share of the rows decided positive that are; 0.0 where none is."""
    return float(binary.precision_of(_counts(y, decided, weights)))


def recall(y: NDArray[Any], decided: Labels, weights: Array | None = None) -> float:
    """Return the share of the positive rows found; 0.0 where y has none."""
    return float(binary.recall_of(_counts(y, decided, weights)))


def f1(y: NDArray[Any], decided: Labels, weights: Array | None = None) -> float:
    """Return the f1 of the positive label; 0.0 where it is neither in y nor decided."""
    return float(binary.f1_of(_counts(y, decided, weights)))


def f1_macro(y: NDArray[Any], decided: Labels, weights: Array | None = None) -> float:
    """Return the mean f1 of the labels that occur in y or are decided."""
    table = confusion(y, decided, weights)
    either = table.sum(axis=0) + table.sum(axis=1)
    return float(ratio(2.0 * table.diagonal(), either)[either > 0].mean())


def balanced_accuracy(y: NDArray[Any], decided: Labels, weights: Array | None = None) -> float:
    """Return the mean recall of the labels that occur in y."""
    table = confusion(y, decided, weights)
    truth = table.sum(axis=1)
    return float(ratio(table.diagonal(), truth)[truth > 0].mean())


def mcc(y: NDArray[Any], decided: Labels, weights: Array | None = None) -> float:
    """Return Matthews' correlation; 0.0 where y or the decision has one label only."""
    table = confusion(y, decided, weights)
    truth, choice = table.sum(axis=1), table.sum(axis=0)
    if np.count_nonzero(truth) < 2 or np.count_nonzero(choice) < 2:
        return 0.0
    total = table.sum()
    covariance = table.trace() * total - truth @ choice
    return float(covariance / np.sqrt((total**2 - truth @ truth) * (total**2 - choice @ choice)))


def quadratic_kappa(y: NDArray[Any], decided: Labels, weights: Array | None = None) -> float:
    """Return Cohen's kappa with squared distances of positions; 0.0 where only one label occurs at all."""
    table = confusion(y, decided, weights)
    positions = np.arange(len(table))
    distance = np.subtract.outer(positions, positions) ** 2
    truth, choice = table.sum(axis=1), table.sum(axis=0)
    by_chance = truth @ distance @ choice / table.sum()
    return float(1.0 - (distance * table).sum() / by_chance) if by_chance > 0 else 0.0


def confusion(y: NDArray[Any], decided: Labels, weights: Array | None = None) -> Array:
    """Return the weight of rows by true and decided label, (n, n) float64 to the highest position met."""
    n_labels = int(max(y.max(), decided.max())) + 1
    cells = np.bincount(y * n_labels + decided, weights=weights, minlength=n_labels**2)
    return cells.reshape(n_labels, n_labels).astype(np.float64)


def _counts(y: NDArray[Any], decided: Labels, weights: Array | None) -> Counts:
    cells = np.bincount(y * 2 + decided, weights=weights, minlength=4).astype(np.float64)
    true_negative, false_positive, false_negative, true_positive = cells
    return Counts(true_positive, false_positive, false_negative, true_negative)


FROM_COUNTS: Mapping[MetricFunction, Callable[[Counts], Array]] = {
    accuracy: binary.accuracy_of,
    precision: binary.precision_of,
    recall: binary.recall_of,
    f1: binary.f1_of,
    f1_macro: binary.f1_macro_of,
    balanced_accuracy: binary.balanced_accuracy_of,
    mcc: binary.mcc_of,
    quadratic_kappa: binary.kappa_of,
}
"""The same metrics of two labels from counts, which makes trying every threshold one pass."""
