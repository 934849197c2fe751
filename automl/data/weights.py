"""Weights of rows, (n_rows,) float64, or None where all rows weigh the same."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.float64] | None


def weights_at(weights: Weights, rows: NDArray[Any]) -> Weights:
    """Return the weights of some rows, given by position or by a mask (n_rows,) bool."""
    return None if weights is None else weights[rows]


def effective(weights: Weights) -> Weights:
    """Return weights by which something can be averaged: None, that is equal ones, where all of them are zero."""
    return weights if weights is not None and weights.any() else None
