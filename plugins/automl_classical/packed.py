"""A forest as flat arrays, and its prediction in numpy: every tree at once, one level a step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.plugin import storable
from automl_classical.outputs import check_shape

_LANES = 1 << 18  # a lane is a row in a tree; this many stay within the cache and below 20 MB of temporaries
_ROWS = 1 << 13


@storable("classical.forest")
@dataclass(frozen=True)
class PackedForest:
    """Trees of binary splits: a row goes to `left` where its value is ≤ `threshold`, else to `left + 1`.

    - `roots`: (n_trees,) int32, position of each tree's first node; trees follow one another.
    - `feature`: (n_nodes,) int16 or int32, the column compared; -1 marks a leaf.
    - `threshold`: (n_nodes,) float32. `left`: (n_nodes,) int32, the left child; for a leaf, its leaf number.
    - The leaves' values lie in compressed rows, because most leaves of a deep tree know one label only: leaf i has the
      outputs `columns[starts[i]:starts[i + 1]]` with `values` there; `columns` (n_values,) int16, `values` float32.
    - `prior`: (n_outputs,) float64, counted as `smoothing` more trees, so that no probability is exactly zero.
    """

    roots: NDArray[np.int32]
    feature: NDArray[np.int16] | NDArray[np.int32]
    threshold: NDArray[np.float32]
    left: NDArray[np.int32]
    starts: NDArray[np.int64]
    columns: NDArray[np.int16]
    values: NDArray[np.float32]
    prior: NDArray[np.float64]
    smoothing: float
    n_features: int

    def __post_init__(self) -> None:
        _validate(self)

    @property
    def n_trees(self) -> int:
        """Number of trees."""
        return len(self.roots)

    def predict(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the mean over trees and the prior, (n_rows, n_outputs) float64."""
        return self.blend(self.total(matrix), np.full(len(matrix), float(self.n_trees)))

    def blend(self, total: NDArray[np.float64], count: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn sums over `count` (n_rows,) trees into predictions, with the prior as `smoothing` more trees."""
        return np.asarray((total + self.smoothing * self.prior) / (count + self.smoothing)[:, None], dtype=np.float64)

    def total(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the sum of all trees' leaf values, (n_rows, n_outputs) float64."""
        if matrix.shape[1] != self.n_features:
            raise ValueError(f"the forest was fitted on {self.n_features} features, but got {matrix.shape[1]}")
        out = np.zeros((len(matrix), len(self.prior)))
        for row in range(0, len(matrix), _ROWS):
            rows = np.ascontiguousarray(matrix[row : row + _ROWS], dtype=np.float32)
            step = max(1, _LANES // len(rows))
            for tree in range(0, self.n_trees, step):
                leaves = self._leaves(rows, self.roots[tree : tree + step])
                out[row : row + _ROWS] += self._gather(leaves)
        return out

    def _leaves(self, rows: NDArray[np.float32], roots: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return the leaf number of every row in every tree, (n_rows, n_roots) int64."""
        n_rows, width = rows.shape
        cells = rows.ravel()
        # Lanes run tree by tree, so that neighbouring lanes read the same nodes.
        node = np.repeat(roots.astype(np.int64), n_rows)
        base = np.tile(np.arange(n_rows, dtype=np.int64) * width, len(roots))
        leaf = np.empty(len(node), dtype=np.int64)
        lane = np.arange(len(node))
        while len(lane):
            feature = self.feature[node]
            done = feature < 0
            if done.any():
                leaf[lane[done]] = self.left[node[done]]
                going = ~done
                lane, node, base, feature = lane[going], node[going], base[going], feature[going]
            node = self.left[node] + (cells[base + feature] > self.threshold[node])
        return leaf.reshape(len(roots), n_rows).T

    def _gather(self, leaves: NDArray[np.int64]) -> NDArray[np.float64]:
        """Sum the values of leaves (n_rows, n_roots) over trees."""
        n_rows, n_outputs = len(leaves), len(self.prior)
        if len(self.columns) == len(self.starts) - 1 and n_outputs == 1:
            return np.asarray(self.values[leaves].sum(axis=1, dtype=np.float64)[:, None])
        flat = leaves.ravel()
        start = self.starts[flat]
        length = self.starts[flat + 1] - start
        ends = np.cumsum(length)
        place = np.arange(ends[-1]) + np.repeat(start - (ends - length), length)
        row = np.repeat(np.repeat(np.arange(n_rows), leaves.shape[1]), length)
        sums = np.bincount(row * n_outputs + self.columns[place], self.values[place], n_rows * n_outputs)
        return np.asarray(sums.reshape(n_rows, n_outputs), dtype=np.float64)


def _validate(forest: PackedForest) -> None:
    """Raise ValueError where a walk could leave the arrays or go round in a circle."""
    n_nodes, n_leaves = len(forest.feature), len(forest.starts) - 1
    if not (forest.n_trees and n_nodes and n_leaves > 0 and len(forest.prior)):
        raise ValueError("a forest needs trees, nodes, leaves and outputs")
    check_shape("threshold", forest.threshold, (n_nodes,))
    check_shape("left", forest.left, (n_nodes,))
    check_shape("values", forest.values, (len(forest.columns),))
    check_shape("prior", forest.prior, (len(forest.prior),))
    for name in ("roots", "feature", "left", "starts", "columns"):
        if getattr(forest, name).ndim != 1 or getattr(forest, name).dtype.kind != "i":
            raise ValueError(f"{name} must be a vector of integers")
    if forest.roots.min() < 0 or forest.roots.max() >= n_nodes:
        raise ValueError(f"roots must lie in [0, {n_nodes})")
    if forest.feature.min() < -1 or forest.feature.max() >= forest.n_features:
        raise ValueError(f"split features must lie in [-1, {forest.n_features})")
    inner = forest.feature >= 0
    # Children after their parents make every walk end.
    if (forest.left[inner] <= np.flatnonzero(inner)).any() or (forest.left[inner] >= n_nodes - 1).any():
        raise ValueError("children must come after their parent and within the nodes")
    leaf = forest.left[~inner]
    if len(leaf) and (leaf.min() < 0 or leaf.max() >= n_leaves):
        raise ValueError(f"leaf numbers must lie in [0, {n_leaves})")
    starts = forest.starts
    if starts[0] != 0 or starts[-1] != len(forest.columns) or (np.diff(starts) < 0).any():
        raise ValueError("starts must rise from 0 to the number of leaf values")
    if len(forest.columns) and (forest.columns.min() < 0 or forest.columns.max() >= len(forest.prior)):
        raise ValueError(f"leaf columns must lie in [0, {len(forest.prior)})")
    if not (0 <= forest.smoothing < np.inf):
        raise ValueError(f"smoothing must be finite and not negative, but is {forest.smoothing}")
