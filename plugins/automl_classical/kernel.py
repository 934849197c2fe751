"""A fitted support vector machine with a radial kernel as arrays, and its decision values."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.plugin import spread, storable
from automl_classical.outputs import check_classes, check_shape, softmax

_CHUNK = 2048  # rows a product with the support vectors, which bounds its memory


@storable("classical.machine")
@dataclass(frozen=True)
class Machine:
    """Support vectors (n_vectors, n_features) with dual coefficients, in libsvm's order: class by class.

    `dual` is (max(1, n_classes - 1), n_vectors), `intercept` (n_pairs,) one a pair of classes, or one for regression;
    `counts` (n_classes,) int64 vectors a class, empty for regression.
    """

    vectors: NDArray[np.float64]
    dual: NDArray[np.float64]
    intercept: NDArray[np.float64]
    counts: NDArray[np.int64]
    gamma: float

    def __post_init__(self) -> None:
        n, classes = len(self.vectors), len(self.counts)
        check_shape("vectors", self.vectors, (n, self.vectors.shape[1]))
        check_shape("dual", self.dual, (max(1, classes - 1), n))
        check_shape("intercept", self.intercept, (max(1, classes * (classes - 1) // 2),))
        if classes and (self.counts.min() < 0 or self.counts.sum() != n):
            raise ValueError("the vectors of the classes must add up to all vectors")

    @classmethod
    def of(cls, machine: Any, gamma: float) -> Machine:
        """Take a fitted `SVC` or `SVR` over."""
        classify = hasattr(machine, "classes_")
        # With two classes scikit-learn turns libsvm's signs round, so that positive means the second.
        sign = -1.0 if classify and len(machine.classes_) == 2 else 1.0
        counts = machine.n_support_.astype(np.int64) if classify else np.empty(0, dtype=np.int64)
        vectors = machine.support_vectors_.astype(np.float64)
        return cls(vectors, sign * machine.dual_coef_, sign * machine.intercept_, counts, gamma)

    def values(self, matrix: NDArray[Any]) -> NDArray[np.float64]:
        """Return (n_rows, 1) values, or (n_rows, n_classes) decisions that are greater for likelier classes."""
        parts = [self._some(matrix[i : i + _CHUNK].astype(np.float64)) for i in range(0, len(matrix), _CHUNK)]
        return np.concatenate(parts) if parts else np.zeros((0, max(1, len(self.counts))))

    def _some(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        squares = (X**2).sum(axis=1)[:, None] + (self.vectors**2).sum(axis=1) - 2 * X @ self.vectors.T
        kernel = np.exp(-self.gamma * np.maximum(squares, 0.0))
        n_classes = len(self.counts)
        if not n_classes:
            return np.asarray(kernel @ self.dual.T + self.intercept, dtype=np.float64)
        # Each pair's decision is squashed to a vote in (-1, 1), so that a sure pair does not drown the others.
        bounds = np.concatenate([[0], np.cumsum(self.counts)])
        blocks = [kernel[:, a:b] @ self.dual[:, a:b].T for a, b in pairwise(bounds)]
        if n_classes == 2:
            decision = blocks[0][:, 0] + blocks[1][:, 0] + self.intercept[0]
            return np.column_stack([decision, -decision])
        out = np.zeros((len(X), n_classes))
        for pair, (i, j) in enumerate(combinations(range(n_classes), 2)):
            decision = np.tanh(blocks[i][:, j - 1] + blocks[j][:, i] + self.intercept[pair])
            out[:, i] += decision
            out[:, j] -= decision
        return out


@storable("classical.kernel")
@dataclass(frozen=True)
class KernelModel:
    """A machine and what turns its values into predictions.

    For labels: softmax of `values @ coef + intercept`, (n_seen, n_seen) and (n_seen,). For values: value·scale + shift.
    """

    machine: Machine
    coef: NDArray[np.float64]
    intercept: NDArray[np.float64]
    classes: NDArray[np.int64]
    n_outputs: int
    scale: float = 1.0
    shift: float = 0.0

    def __post_init__(self) -> None:
        n = len(self.classes)
        check_classes(self.classes, self.n_outputs)
        check_shape("counts", self.machine.counts, (n,))
        check_shape("coef", self.coef, (n, n))
        check_shape("intercept", self.intercept, (n,))

    def predict(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return (n_rows, n_outputs) float64."""
        values = self.machine.values(matrix)
        if not len(self.classes):
            return values * self.scale + self.shift
        return spread(softmax(values @ self.coef + self.intercept), self.classes, self.n_outputs)
