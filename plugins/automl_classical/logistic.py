"""Multinomial logistic regression that knows a deadline: L-BFGS for smooth penalties, FISTA for sparse ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.plugin import Limits
from automl_classical.outputs import softmax

Vector = NDArray[np.float64]

_STEPS = 300
_TOLERANCE = 1e-5  # of the gradient; the metric no longer moves below
_DOUBLE = 50_000_000  # cells up to which the matrix is held in double precision


@dataclass(frozen=True)
class Penalty:
    """`strength`·(l1_ratio·|W|₁ + (1 - l1_ratio)·|W|²/2), added to the mean loss; intercepts are free."""

    strength: float
    l1_ratio: float = 0.0


@dataclass(frozen=True)
class _Loss:
    """The mean weighted cross-entropy with the smooth part of the penalty, and its gradient."""

    X: NDArray[Any]
    onehot: NDArray[np.float64]
    share: NDArray[np.float64]
    l2: float

    def __call__(self, flat: Vector) -> tuple[float, Vector]:
        """Return the loss and its gradient at weights (n_features + 1, n_classes), flattened; intercepts come last."""
        W = flat.reshape(-1, self.onehot.shape[1])
        p = softmax((self.X @ W[:-1].astype(self.X.dtype)).astype(np.float64) + W[-1])
        picked = np.maximum((p * self.onehot).sum(axis=1), 1e-300)
        loss = -float(self.share @ np.log(picked)) + 0.5 * self.l2 * float((W[:-1] ** 2).sum())
        residual = (p - self.onehot) * self.share[:, None]
        gradient = np.empty_like(W)
        gradient[:-1] = self.X.T @ residual.astype(self.X.dtype) + self.l2 * W[:-1]
        gradient[-1] = residual.sum(axis=0)
        return loss, gradient.ravel()


def fit_softmax(
    matrix: NDArray[Any], y: NDArray[np.int64], weights: Vector, penalty: Penalty, limits: Limits
) -> tuple[Vector, Vector]:
    """Return weights (n_features, n_classes) and intercepts (n_classes,) float64 for labels 0…n_classes-1.

    A deadline ends the descent early; every step before it is a usable model.
    """
    n_classes = int(y.max()) + 1
    onehot = np.zeros((len(y), n_classes))
    onehot[np.arange(len(y)), y] = 1.0
    share = weights / weights.sum()
    X = matrix.astype(np.float64) if matrix.size <= _DOUBLE else matrix
    loss = _Loss(X, onehot, share, penalty.strength * (1 - penalty.l1_ratio))
    start = np.zeros((matrix.shape[1] + 1, n_classes))
    start[-1] = np.log(np.maximum(share @ onehot, 1e-12))
    if penalty.l1_ratio > 0:
        W = _fista(loss, start, penalty.strength * penalty.l1_ratio, limits)
    else:
        W = _lbfgs(loss, start, limits)
    return W[:-1].copy(), W[-1].copy()


def _lbfgs(loss: _Loss, start: Vector, limits: Limits) -> Vector:
    from scipy.optimize import minimize

    def in_time(intermediate_result: Any) -> None:
        if limits.seconds_left <= 0:
            raise StopIteration

    found = minimize(
        loss, start.ravel(), jac=True, method="L-BFGS-B", callback=in_time,
        options={"maxiter": _STEPS, "gtol": _TOLERANCE, "ftol": 1e-9},
    )  # fmt: skip
    return np.asarray(found.x, dtype=np.float64).reshape(start.shape)


def _fista(loss: _Loss, start: Vector, l1: float, limits: Limits) -> Vector:
    """Accelerated proximal gradient (Beck & Teboulle 2009); restarts where momentum points uphill (O'Donoghue 2015)."""
    step = 1 / (_curvature(loss) + loss.l2)
    W = Z = start
    momentum = 1.0
    for _ in range(_STEPS):
        gradient = loss(Z.ravel())[1].reshape(Z.shape)
        new = Z - step * gradient
        new[:-1] = np.sign(new[:-1]) * np.maximum(np.abs(new[:-1]) - step * l1, 0.0)
        change = new - W
        if float(np.abs(new - Z).max()) < _TOLERANCE * step or limits.seconds_left <= 0:
            return new
        if float(((Z - new) * change).sum()) > 0:
            momentum = 1.0
        following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        Z = new + (momentum - 1) / following * change
        W, momentum = new, following
    return W


def _curvature(loss: _Loss) -> float:
    """Bound the second derivative: half of the largest eigenvalue of the rows' weighted second moments."""
    vector = np.ones(loss.X.shape[1] + 1)
    value = 1.0
    for _ in range(20):
        vector /= np.linalg.norm(vector)
        image = (loss.X @ vector[:-1].astype(loss.X.dtype) + vector[-1]) * loss.share
        vector = np.append(loss.X.T @ image.astype(loss.X.dtype), image.sum()).astype(np.float64)
        value = float(np.linalg.norm(vector))
    return 0.5 * value * 1.1  # power iteration comes from below
