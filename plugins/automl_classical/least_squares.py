"""Ridge in closed form, and elastic net by coordinate descent."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

Weights = tuple[NDArray[np.float64], NDArray[np.float64]]


def ridge(
    matrix: NDArray[np.float32], y: NDArray[Any], weights: NDArray[np.float64], alpha: float, l1_ratio: float = 0.0
) -> Weights:
    """Minimise Σ w (y - Xb - a)² + alpha·|b|²; return b (n_features, 1) and a (1,) float64.

    With more columns than rows the dual is solved, which is the smaller system.
    """
    mean, middle = np.average(matrix, axis=0, weights=weights), np.average(y, weights=weights)
    root = np.sqrt(weights)
    X = (matrix - mean) * root[:, None]
    target = (y - middle) * root
    n_rows, n_features = X.shape
    # The least penalty that keeps the system solvable when columns repeat each other.
    alpha = max(alpha, 1e-8 * n_rows)
    if n_features <= n_rows:
        coef = np.linalg.solve(X.T @ X + alpha * np.eye(n_features), X.T @ target)
    else:
        coef = X.T @ np.linalg.solve(X @ X.T + alpha * np.eye(n_rows), target)
    return coef[:, None], np.array([middle - mean @ coef])


def elastic_net(
    matrix: NDArray[np.float32], y: NDArray[Any], weights: NDArray[np.float64], alpha: float, l1_ratio: float
) -> Weights:
    """Minimise Σ w (y - Xb - a)²/2 + alpha·(l1_ratio·|b|₁ + (1 - l1_ratio)·|b|²/2), as `ridge` returns it."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import ElasticNet

    model = ElasticNet(alpha=alpha / len(y), l1_ratio=l1_ratio, max_iter=300)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # weights that are nearly there are good enough
        model.fit(matrix.astype(np.float64), y, sample_weight=weights)
    return model.coef_[:, None].astype(np.float64), np.array([float(model.intercept_)])
