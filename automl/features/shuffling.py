"""What a column is worth to a model: how much its loss on held-out rows grows as the column is shuffled.

Permutation importance (Breiman 2001, doi:10.1023/A:1010933404324).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from automl.features.gain import Trees, train_small
from automl.features.target import Target

Predict = Callable[[NDArray[np.float32]], NDArray[np.float64]]
"""Predict (n_rows, n_outputs) probabilities, or (n_rows, 1) values, of a matrix (n_rows, n_columns)."""


class SmallTrees:
    """Small boosted trees fitted on a matrix (n_rows, n_columns); `used` (n_used,) int64 are the columns they split."""

    def __init__(
        self, matrix: NDArray[np.float32], cardinalities: NDArray[np.int64], target: Target, seed: int, trees: Trees
    ):
        self._booster = train_small(matrix, cardinalities, target, seed, trees, threads=1)
        self._classify = target.task.is_classification
        self.used = np.flatnonzero(self._booster.feature_importance("split"))

    def __call__(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """Predict probabilities, or values, of every output."""
        out = np.asarray(self._booster.predict(matrix, num_threads=1), dtype=np.float64)
        if out.ndim > 1:
            return out
        return np.column_stack([1 - out, out]) if self._classify else out[:, None]


def losses(target: Target, prediction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the log loss, or squared error, of each row, weighted, (n_rows,) float64."""
    if target.task.is_classification:
        own = prediction[np.arange(len(target.y)), target.y.astype(np.int64)]
        found = -np.log(np.clip(own, 1e-7, 1.0))
    else:
        found = (prediction[:, 0] - target.y) ** 2
    return np.asarray(found * target.mass)


def loss_growth(
    predict: Predict,
    matrix: NDArray[np.float32],
    target: Target,
    columns: NDArray[np.int64],
    rng: np.random.Generator,
    repeats: int = 1,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the loss of each row, and by how much it grows as each of these columns is shuffled alone.

    (n_rows,) and (n_rows, len(columns)) float64; growth is the mean of `repeats`.
    """
    growth = np.zeros((len(matrix), len(columns)))
    before = losses(target, predict(matrix))
    changed = matrix.copy()
    for i, column in enumerate(columns):
        for _ in range(repeats):
            changed[:, column] = rng.permutation(matrix[:, column])
            growth[:, i] += losses(target, predict(changed)) - before
        changed[:, column] = matrix[:, column]
    return before, growth / repeats
