"""Checks of LightGBM's text format before LightGBM reads it, because it follows indices without bounds checks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def check_text(text: str, n_features: int, trees_per_round: int) -> None:
    """Raise ValueError where the text is truncated, made for other data, or has indices beyond their arrays."""
    head, *blocks = text.partition("end of trees")[0].split("\nTree=")
    if not head.startswith("tree\n") or "\nend of trees" not in text:
        raise ValueError("it is not a whole LightGBM model")
    fields = _fields(head)
    if _one(fields, "max_feature_idx") != n_features - 1 or _one(fields, "num_tree_per_iteration") != trees_per_round:
        raise ValueError("it was made for other columns or labels")
    if not blocks or len(blocks) % trees_per_round:
        raise ValueError(f"the number of trees, {len(blocks)}, is not a multiple of {trees_per_round}")
    for block in blocks:
        _check_tree(_fields(block), n_features)


def _check_tree(fields: dict[str, str], n_features: int) -> None:
    n_leaves = _one(fields, "num_leaves")
    if n_leaves < 1 or _one(fields, "is_linear") != 0 or len(_many(fields, "leaf_value", float)) != n_leaves:
        raise ValueError("a tree's leaves do not match their number")
    inner = n_leaves - 1
    if not inner:
        return
    names = ("left_child", "right_child", "split_feature", "decision_type")
    left, right, feature, kind = (_many(fields, name, int).astype(np.int64) for name in names)
    threshold = _many(fields, "threshold", float)
    if not all(len(values) == inner for values in (left, right, feature, kind, threshold)):
        raise ValueError("a tree's nodes do not match their number")
    if feature.min() < 0 or feature.max() >= n_features:
        raise ValueError(f"a tree looks at a column beyond the {n_features} that there are")
    node = np.arange(inner)
    for child in (left, right):
        # An inner child comes after its parent, which makes every walk end; leaves count down from -1.
        if ((child >= 0) & (child <= node)).any() or child.max() >= inner or child.min() < -n_leaves:
            raise ValueError("a tree's children point beyond its nodes or backwards")
    categorical = (kind & 1) == 1
    if categorical.any():
        _check_categories(fields, threshold[categorical])


def _check_categories(fields: dict[str, str], threshold: NDArray[np.float64]) -> None:
    n_sets = _one(fields, "num_cat")
    bounds, words = _many(fields, "cat_boundaries", int), _many(fields, "cat_threshold", int)
    if len(bounds) != n_sets + 1 or bounds[0] != 0 or bounds[-1] != len(words) or (np.diff(bounds) < 0).any():
        raise ValueError("a tree's sets of categories do not match their bounds")
    if threshold.min() < 0 or threshold.max() >= n_sets:
        raise ValueError("a tree names a set of categories that it does not have")


def _fields(block: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in block.splitlines())
    return {name: value for name, equals, value in pairs if equals}


def _one(fields: dict[str, str], name: str) -> int:
    return int(fields.get(name, "") or -1)


def _many(fields: dict[str, str], name: str, kind: type) -> NDArray[np.float64]:
    return np.array([kind(value) for value in fields.get(name, "").split()])
