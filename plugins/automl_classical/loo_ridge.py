"""Ridge regression whose penalty is chosen by leaving out one row at a time, all in closed form.

Leaving out a row changes its residual r to r / (1 - h), where h is what the row's own target weighs in its prediction
(Allen 1974, doi:10.1080/00401706.1974.10489157). One eigendecomposition serves all penalties.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_PENALTIES = np.logspace(-4, 1.5, 12)  # in units of the rows' mean squared length
_BLOCK = 2048  # columns or rows that are made float64 at once
_NOTHING = 1e-10  # share of the largest eigenvalue below which a direction holds only rounding


@dataclass(frozen=True)
class RidgeFit:
    """`coef` (n_features, n_targets), `intercept` (n_targets,), and `held_out` (n_rows, n_targets): what each row would
    have been predicted without it. All float64.
    """  # fmt: skip

    coef: Array
    intercept: Array
    held_out: Array


@dataclass(frozen=True)
class _Centred:
    """Rows minus their weighted mean, times the roots of their weights; the matrix itself stays float32."""

    matrix: NDArray[np.float32]
    mean: Array
    root: Array

    def columns(self, some: slice) -> Array:
        return (self.matrix[:, some].astype(np.float64) - self.mean[some]) * self.root[:, None]

    def rows(self, some: slice) -> Array:
        return (self.matrix[some].astype(np.float64) - self.mean) * self.root[some, None]

    def transposed_times(self, right: Array) -> Array:
        """Return the product of the transpose with (n_rows, n_columns)."""
        parts = [self.columns(some).T @ right for some in _slices(self.matrix.shape[1])]
        return np.concatenate(parts) if parts else np.empty((0, right.shape[1]))

    def directions(self) -> tuple[Array, Array]:
        """Return eigenvalues (rank,) and orthonormal eigenvectors (n_rows, rank) of the rows' products."""
        n_rows, n_columns = self.matrix.shape
        gram = np.zeros((min(n_rows, n_columns),) * 2)
        if n_rows <= n_columns:
            for some in _slices(n_columns):
                block = self.columns(some)
                gram += block @ block.T
        else:
            for some in _slices(n_rows):
                block = self.rows(some)
                gram += block.T @ block
        values, vectors = np.linalg.eigh(gram)
        kept = values > _NOTHING * max(float(values[-1]), 1e-300)
        values, vectors = values[kept], vectors[:, kept]
        if n_rows > n_columns:
            vectors = np.concatenate([self.rows(some) @ vectors for some in _slices(n_rows)]) / np.sqrt(values)
        return values, vectors


def loo_ridge(matrix: NDArray[np.float32], targets: Array, weights: Array, judge: Callable[[Array], float]) -> RidgeFit:
    """Fit (n_rows, n_targets) on (n_rows, n_features), with the penalty whose held-out predictions `judge` likes best.

    `judge` takes (n_rows, n_targets) and returns an error. Intercepts are free.
    """
    share = np.maximum(weights, 1e-6 * weights.mean())
    share = share / share.sum()
    root = np.sqrt(share * len(share))
    mean, middle = share @ matrix, share @ targets
    centred = _Centred(matrix, np.asarray(mean, dtype=np.float64), root)
    values, vectors = centred.directions()
    seen = (targets - middle) * root[:, None]
    along = vectors.T @ seen
    unit = float(values.sum()) / len(matrix) or 1.0

    def held_out(penalty: float) -> Array:
        shrunk = values / (values + penalty)
        own = np.minimum(vectors**2 @ shrunk + share, 1 - 1e-6)
        residual = seen - vectors @ (shrunk[:, None] * along)
        return np.asarray(targets - residual / (1 - own)[:, None] / root[:, None], dtype=np.float64)

    penalty = float(min(_PENALTIES * unit, key=lambda one: judge(held_out(one))))
    coef = centred.transposed_times(vectors @ (along / (values + penalty)[:, None]))
    return RidgeFit(coef, middle - centred.mean @ coef, held_out(penalty))


def _slices(size: int) -> list[slice]:
    return [slice(start, start + _BLOCK) for start in range(0, size, _BLOCK)]
