"""A linear layer on top of frozen features: multinomial logistic regression for labels, ridge for values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.plugin import Limits, spread, storable
from automl_classical.least_squares import ridge
from automl_classical.logistic import Penalty, fit_softmax
from automl_classical.outputs import check_classes, check_shape, softmax

Matrix = NDArray[np.float32]

_FAR = 6.0  # standard deviations at which a feature of a new row is cut


@storable("pretrained.head")
@dataclass(frozen=True)
class Head:
    """Weights (n_features, n_scores) and intercepts (n_scores,) float64 of features less their `mean` over their
    `scale`, both (n_features,) float32. `classes` (n_seen,) int64 are the labels of training, empty for values, which
    lie in [`low`, `high`].
    """  # fmt: skip

    mean: Matrix
    scale: Matrix
    coef: NDArray[np.float64]
    intercept: NDArray[np.float64]
    classes: NDArray[np.int64]
    n_outputs: int
    low: float = 0.0
    high: float = 0.0

    def __post_init__(self) -> None:
        check_classes(self.classes, self.n_outputs)
        n_features, n_scores = self.mean.size, len(self.classes) or 1
        check_shape("mean", self.mean, (n_features,))
        check_shape("scale", self.scale, (n_features,))
        check_shape("coef", self.coef, (n_features, n_scores))
        check_shape("intercept", self.intercept, (n_scores,))

    def predict(self, matrix: Matrix) -> NDArray[np.float64]:
        """Return (n_rows, n_outputs) probabilities or values of features that may be NaN where a cell is missing."""
        scores = standardised(matrix, self.mean, self.scale) @ self.coef + self.intercept
        if not len(self.classes):
            return np.asarray(np.clip(scores, self.low, self.high), dtype=np.float64)
        return spread(softmax(scores), self.classes, self.n_outputs)


def fit_head(
    matrix: Matrix, y: NDArray[Any], weights: NDArray[np.float64], n_labels: int, C: float, limits: Limits
) -> Head:
    """Learn from (n_rows, n_features), NaN where a cell is missing; `n_labels` is 0 for values.

    `C` is the inverse of the penalty's strength for each row, as in scikit-learn. `weights` (n_rows,) have mean one.
    """
    known = np.isfinite(matrix)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, matrix, 0).sum(axis=0) / count
    scale = np.sqrt((np.where(known, matrix - mean, 0) ** 2).sum(axis=0) / count)
    mean, scale = mean.astype(np.float32), np.where(scale > 1e-7, scale, 1.0).astype(np.float32)
    X = standardised(matrix, mean, scale)
    # The weights of many features add up: the penalty grows with them, so that C means the same for any backbone.
    strength = X.shape[1] / max(1, 100) / C
    if not n_labels:
        values = y.astype(np.float64)
        coef, intercept = ridge(X, values, weights, strength)
        empty = np.empty(0, dtype=np.int64)
        return Head(mean, scale, coef, intercept, empty, 1, float(values.min()), float(values.max()))
    classes, positions = np.unique(y.astype(np.int64), return_inverse=True)
    if len(classes) == 1:  # nothing to tell apart
        return Head(mean, scale, np.zeros((X.shape[1], 1)), np.zeros(1), classes, n_labels)
    coef, intercept = fit_softmax(X, positions.astype(np.int64), weights, Penalty(strength / len(y)), limits)
    return Head(mean, scale, coef, intercept, classes, n_labels)


def standardised(matrix: Matrix, mean: Matrix, scale: Matrix) -> Matrix:
    """Return features of mean 0 and variance one in training, 0 where they are missing."""
    found = np.clip((matrix - mean) / scale, -_FAR, _FAR)
    return np.ascontiguousarray(np.nan_to_num(found, nan=0.0), dtype=np.float32)
