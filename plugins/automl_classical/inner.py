"""Folds inside the training rows, for calibrating on rows that a model did not learn from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

INNER_FOLDS = 3
"""Enough to calibrate by; two more would nearly double the time for no better probabilities."""


def inner_folds(y: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Return a fold in [0, INNER_FOLDS) for each row, (n_rows,) int64, every label spread evenly over the folds."""
    shuffled = np.random.default_rng(seed).permutation(len(y))
    by_label = shuffled[np.argsort(y[shuffled], kind="stable")]
    fold = np.empty(len(y), dtype=np.int64)
    fold[by_label] = np.arange(len(y)) % INNER_FOLDS
    return fold
