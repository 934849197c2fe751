"""From scikit-learn's trees to a packed forest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_classical.packed import PackedForest


@dataclass(frozen=True)
class Leaves:
    """How leaves become predictions.

    - `classes`: (n_seen,) int64, the output column of each class that the trees know; empty for regression.
    - `prior`: (n_outputs,) float64. `smoothing`: the prior's weight as a number of trees.
    - `pseudo_rows`: the prior's weight inside every leaf as a number of rows.
    - `scale`, `shift`: undo the standardisation of a regression target.
    """

    classes: NDArray[np.int64]
    prior: NDArray[np.float64]
    smoothing: float = 0.0
    pseudo_rows: float = 0.0
    scale: float = 1.0
    shift: float = 0.0


def pack(trees: Sequence[Any], n_features: int, leaves: Leaves) -> PackedForest:
    """Pack fitted `sklearn.tree` estimators into flat arrays."""
    kind = np.int16 if n_features < np.iinfo(np.int16).max else np.int32
    features, thresholds, lefts, roots, lengths, columns, values = [], [], [], [], [], [], []
    n_nodes = n_leaves = 0
    for estimator in trees:
        tree = estimator.tree_
        order, left = _siblings_together(tree.children_left, tree.children_right)
        inner = left >= 0
        feature = np.where(inner, tree.feature[order], -1).astype(kind)
        left = np.where(inner, left + n_nodes, np.cumsum(~inner) - 1 + n_leaves)
        value = _leaf_values(tree, order[~inner], leaves)
        row, column = np.nonzero(value) if len(leaves.classes) else (np.arange(len(value)), np.zeros(len(value), int))
        roots.append(n_nodes)
        features.append(feature)
        thresholds.append(np.where(inner, _round_down(tree.threshold[order]), np.float32(0)))
        lefts.append(left.astype(np.int32))
        lengths.append(np.bincount(row, minlength=len(value)))
        columns.append(column.astype(np.int16))
        values.append(value[row, column].astype(np.float32))
        n_nodes += len(order)
        n_leaves += len(value)
    return PackedForest(
        roots=np.array(roots, dtype=np.int32),
        feature=np.concatenate(features),
        threshold=np.concatenate(thresholds),
        left=np.concatenate(lefts),
        starts=np.concatenate([[0], np.cumsum(np.concatenate(lengths))]).astype(np.int64),
        columns=np.concatenate(columns),
        values=np.concatenate(values),
        prior=leaves.prior,
        smoothing=leaves.smoothing,
        n_features=n_features,
    )


def _siblings_together(left: NDArray[Any], right: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Renumber a tree's nodes so that siblings are neighbours.

    Returns the old number of each new node and the new left child of each new node (-1 for a leaf), (n_nodes,) int64.
    The i-th inner node's children become 2i+1 and 2i+2; since old children follow their parents, new ones do too.
    """
    inner = np.flatnonzero(left >= 0)
    order = np.zeros(len(left), dtype=np.int64)
    order[1::2], order[2::2] = left[inner], right[inner]
    child = np.full(len(left), -1, dtype=np.int64)
    child[inner] = 2 * np.arange(len(inner)) + 1
    return order, child[order]


def _round_down(threshold: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the largest float32 not above each threshold: float32 values then fall on the same side as before."""
    near = threshold.astype(np.float32)
    return np.where(near > threshold, np.nextafter(near, np.float32(-np.inf)), near)


def _leaf_values(tree: Any, nodes: NDArray[np.int64], leaves: Leaves) -> NDArray[np.float64]:
    """Return the predictions of these nodes, (n_nodes, n_outputs) float64."""
    raw = tree.value[nodes, 0, :]
    if not len(leaves.classes):
        return np.asarray(raw * leaves.scale + leaves.shift, dtype=np.float64)
    value = np.zeros((len(nodes), len(leaves.prior)))
    value[:, leaves.classes] = raw / raw.sum(axis=1, keepdims=True)
    if leaves.pseudo_rows:
        rows = tree.weighted_n_node_samples[nodes][:, None]
        value = (value * rows + leaves.pseudo_rows * leaves.prior) / (rows + leaves.pseudo_rows)
    return value
