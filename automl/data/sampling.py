"""Rows drawn at random where all of them would take too long and tell no more."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def sample_rows(n_rows: int, most: int, seed: int) -> NDArray[np.int64]:
    """Return all positions (n_rows,) int64, or as many as `most` of them, drawn by the seed, in ascending order."""
    if n_rows <= most:
        return np.arange(n_rows)
    return np.sort(np.random.default_rng(seed).choice(n_rows, most, replace=False))
