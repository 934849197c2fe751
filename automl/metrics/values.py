"""Metrics of numbers: y and predicted (n_rows,) float64, weights (n_rows,) float64 or None."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.errors import OptionError
from automl.metrics.metric import Array


def rmse(y: NDArray[Any], predicted: Array, weights: Array | None = None) -> float:
    """Return the root of the mean squared error, in the unit of y."""
    gap = y - predicted
    if weights is None:
        return math.sqrt((gap * gap).sum() / len(gap))
    return math.sqrt((gap * gap * weights).sum() / weights.sum())


def mae(y: NDArray[Any], predicted: Array, weights: Array | None = None) -> float:
    """Return the mean absolute error, in the unit of y."""
    return _mean(np.abs(y - predicted), weights)


def mape(y: NDArray[Any], predicted: Array, weights: Array | None = None) -> float:
    """Return the mean absolute error as a share of y (1.0 is 100%); enormous where y has zeros."""
    return _mean(np.abs(y - predicted) / np.maximum(np.abs(y), np.finfo(np.float64).eps), weights)


def rmsle(y: NDArray[Any], predicted: Array, weights: Array | None = None) -> float:
    """Return the rmse of log(1 + value); y must be at least 0, and a prediction below 0 counts as 0."""
    if y.min() < 0:
        raise OptionError(
            f"metric 'rmsle' needs a target of at least 0, but the lowest is {y.min():g}: use rmse, mae or r2"
        )
    return rmse(np.log1p(y), np.log1p(np.maximum(predicted, 0.0)), weights)


def r2(y: NDArray[Any], predicted: Array, weights: Array | None = None) -> float:
    """Return the share of variance explained; where y is constant 1.0 if predicted exactly, else 0.0."""
    residual = _mean((y - predicted) ** 2, weights)
    variance = 0.0 if (y == y[0]).all() else _mean((y - _mean(y, weights)) ** 2, weights)
    if variance > 0:
        return 1.0 - residual / variance
    return 0.0 if residual > 0 else 1.0


def spearman(y: NDArray[Any], predicted: Array, weights: Array | None = None) -> float:
    """Return the correlation of ranks, ties sharing their mean rank; 0.0 where either side is constant.

    A weight of two counts as the row twice, in the ranks as well.
    """
    a, b = _ranks(y, weights), _ranks(predicted, weights)
    a, b = a - _mean(a, weights), b - _mean(b, weights)
    spread = _mean(a * a, weights) * _mean(b * b, weights)
    return _mean(a * b, weights) / math.sqrt(spread) if spread > 0 else 0.0


def _mean(values: Array, weights: Array | None) -> float:
    return float(values.mean() if weights is None else (values * weights).sum() / weights.sum())


def _ranks(values: Array, weights: Array | None) -> Array:
    """Return mid-ranks: the weight below a value and half of its own."""
    _, group = np.unique(values, return_inverse=True)
    size = np.bincount(group, weights=weights)
    middle = np.cumsum(size) - size / 2.0
    # A constant column must come out exactly constant, and does: one group, one rank.
    return np.asarray(middle[group], dtype=np.float64)
