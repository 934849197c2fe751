"""Linear scores of sparse texts and dense columns, fitted by L-BFGS under a deadline.

Scores are `texts @ (scale * W) + dense @ V + pull * (texts @ scale) + b`: `scale` (n_terms, n_scores) holds the
log-count ratios of naive Bayes, by which each term counts in its own direction to begin with, and `pull` (n_scores,) is
the weight that all terms share.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.plugin import Limits
from automl_classical.outputs import softmax
from automl_classical.vocabulary import Sparse

Vector = NDArray[np.float64]
Loss = Callable[[Vector], tuple[float, Vector]]
"""From scores (n_rows, n_scores) to the mean weighted loss and its gradient by the scores."""

_STEPS = 200
_TOLERANCE = 1e-5  # of the gradient; metrics no longer move below
_MEMORY = 6  # steps that L-BFGS remembers, each two vectors as long as the weights


@dataclass(frozen=True)
class Design:
    """Training rows: `texts` sparse (n_rows, n_terms), `dense` (n_rows, n_columns); `scale` (n_terms, n_scores).

    All float32; `pulled` is whether there is a `pull`.
    """

    texts: Sparse
    dense: NDArray[np.float32]
    scale: NDArray[np.float32]
    pulled: bool


@dataclass(frozen=True)
class Weights:
    """`coef` (n_terms + n_columns, n_scores) and `intercept` (n_scores,) float64 of the plain linear scores."""

    coef: NDArray[Any]
    intercept: Vector

    def scores(self, texts: Sparse, dense: NDArray[np.float32]) -> Vector:
        """Return (n_rows, n_scores) float64."""
        n_terms = texts.shape[1]
        of_texts = np.asarray(texts @ self.coef[:n_terms].astype(np.float32, copy=False), dtype=np.float64)
        of_columns = dense.astype(np.float64) @ self.coef[n_terms:].astype(np.float64)
        return np.asarray(of_texts + of_columns + self.intercept, dtype=np.float64)


def descend(design: Design, loss: Loss, penalty: float, start: Vector, limits: Limits) -> Weights:
    """Minimise the loss plus `penalty`·(|W|² + |V|²)/2, beginning with the intercepts `start` (n_scores,).

    The pull and the intercepts are free. A deadline ends the descent early; every step before it is usable.
    """
    from scipy.optimize import minimize

    n_scores, n_terms = len(start), design.texts.shape[1]
    n_penalised = n_terms + design.dense.shape[1]
    bayes = np.asarray(design.texts @ design.scale, dtype=np.float64) if design.pulled else None

    def objective(flat: Vector) -> tuple[float, Vector]:
        theta = flat.reshape(-1, n_scores)
        W, pull, b = theta[:n_penalised], theta[-2], theta[-1]
        scores = np.asarray(design.texts @ (design.scale * W[:n_terms].astype(np.float32)), dtype=np.float64)
        scores += design.dense @ W[n_terms:].astype(np.float32)
        scores += b
        if bayes is not None:
            scores += pull * bayes
        value, slope = loss(scores)
        narrow = slope.astype(np.float32)
        gradient = np.zeros_like(theta)
        gradient[:n_terms] = design.scale * (design.texts.T @ narrow)
        gradient[n_terms:n_penalised] = design.dense.T @ narrow
        gradient[:n_penalised] += penalty * W
        if bayes is not None:
            gradient[-2] = (slope * bayes).sum(axis=0)
        gradient[-1] = slope.sum(axis=0)
        return value + 0.5 * penalty * float((W**2).sum()), gradient.ravel()

    def in_time(intermediate_result: Any) -> None:
        if limits.seconds_left <= 0:
            raise StopIteration

    first = np.zeros((n_penalised + 2, n_scores))
    first[-1] = start
    found = minimize(
        objective, first.ravel(), jac=True, method="L-BFGS-B", callback=in_time,
        options={"maxiter": _STEPS, "gtol": _TOLERANCE, "ftol": 1e-7, "maxcor": _MEMORY},
    )  # fmt: skip
    theta = np.asarray(found.x, dtype=np.float64).reshape(first.shape)
    coef = theta[:n_penalised].copy()
    coef[:n_terms] = design.scale * (coef[:n_terms] + (theta[-2] if design.pulled else 0.0))
    return Weights(coef, theta[-1].copy())


def cross_entropy(onehot: Vector, share: Vector) -> Loss:
    """Multinomial logistic regression: `onehot` (n_rows, n_scores), `share` (n_rows,) sums to one."""

    def loss(scores: Vector) -> tuple[float, Vector]:
        p = softmax(scores)
        picked = np.maximum((p * onehot).sum(axis=1), 1e-300)
        return -float(share @ np.log(picked)), (p - onehot) * share[:, None]

    return loss


def squared_hinge(onehot: Vector, share: Vector) -> Loss:
    """Support vector machines, one label against the others each."""
    sign = 2 * onehot - 1

    def loss(scores: Vector) -> tuple[float, Vector]:
        short = np.maximum(1 - sign * scores, 0.0)
        return float(share @ (short**2).sum(axis=1)), -2 * share[:, None] * sign * short

    return loss


def squared_error(target: Vector, share: Vector) -> Loss:
    """Ridge regression: `target` (n_rows, 1)."""

    def loss(scores: Vector) -> tuple[float, Vector]:
        error = scores - target
        return 0.5 * float(share @ (error**2).sum(axis=1)), share[:, None] * error

    return loss
