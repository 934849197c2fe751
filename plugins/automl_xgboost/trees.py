"""Checks of XGBoost's file before XGBoost reads it.

Prediction follows the indices of a file without bounds checks, so a damaged or hostile one could crash the process. The
checks look at the nodes of all trees at once, since a model may have thousands of trees.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_xgboost.ubjson import decode

_NODES = ("left_children", "right_children", "parents", "split_indices", "split_conditions", "split_type")
_REAL = frozenset({"split_conditions"})
_PER_NODE = (*_NODES, "default_left", "base_weights", "loss_changes", "sum_hessian")
_SETS = ("categories_nodes", "categories_segments", "categories_sizes", "categories")
_MOST_CATEGORY = 1 << 24  # XGBoost's own bound
_NO_PARENT = 2**31 - 1  # how the root says that it has none


def check_bytes(data: bytes, n_features: int, objective: str, n_groups: int) -> None:
    """Raise ValueError where the file is damaged or made for other columns or labels.

    `n_groups` is the number of trees that a round grows.
    """
    try:
        learner = decode(data)["learner"]
        _check_head(learner, n_features, objective, n_groups)
        _check_forest(learner["gradient_booster"]["model"], n_features, n_groups)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"a field is missing or of another kind: {error!r}") from error


def _check_head(learner: dict[str, Any], n_features: int, objective: str, n_groups: int) -> None:
    numbers = learner["learner_model_param"]
    if learner["objective"]["name"] != objective or _whole(numbers["num_feature"]) != n_features:
        raise ValueError("it was made for other columns or another kind of target")
    labels = learner["objective"].get("softmax_multiclass_param", {}).get("num_class", str(n_groups))
    n_classes, n_targets = _whole(numbers["num_class"]), _whole(numbers.get("num_target", "1"))
    if n_classes != (n_groups if n_groups > 1 else 0) or n_targets != 1 or _whole(labels) != n_groups:
        raise ValueError("it was made for other labels")
    base = np.array(str(numbers["base_score"]).strip("[]").split(","), dtype=np.float64)
    if not np.isfinite(base).all() or len(base) not in {1, n_groups}:
        raise ValueError("its base score is not a finite number a label")
    if learner["gradient_booster"]["name"] != "gbtree":
        raise ValueError("it holds no plain trees")


def _check_forest(model: dict[str, Any], n_features: int, n_groups: int) -> None:
    trees, info = model["trees"], np.asarray(model["tree_info"])
    n_trees = len(trees)
    if not n_trees or len(info) != n_trees or _whole(model["gbtree_model_param"]["num_trees"]) != n_trees:
        raise ValueError("the number of trees does not match")
    if _whole(model["gbtree_model_param"]["num_parallel_tree"]) != 1:
        raise ValueError("its rounds grow forests")
    if any(len(values) for values in model.get("cats", {}).values()):
        raise ValueError("it recodes categories")
    if info.dtype.kind not in "iu" or info.min() < 0 or info.max() >= n_groups:
        raise ValueError("a tree belongs to no label")
    rounds = np.asarray(model.get("iteration_indptr", np.arange(0, n_trees + 1, n_groups)))
    if len(rounds) < 2 or rounds[0] != 0 or rounds[-1] != n_trees or (np.diff(rounds) < 0).any():
        raise ValueError("the rounds do not match the trees")
    sizes = np.array([_whole(tree["tree_param"]["num_nodes"]) for tree in trees], dtype=np.int64)
    for position, (tree, size) in enumerate(zip(trees, sizes, strict=True)):
        if tree["id"] != position:
            raise ValueError("a tree is out of order")
        if size < 1 or any(len(tree[name]) != size for name in _PER_NODE):
            raise ValueError("a tree's nodes do not match their number")
        param = {name: _whole(value) for name, value in tree["tree_param"].items()}
        if param["num_feature"] != n_features or param["size_leaf_vector"] > 1 or param.get("num_deleted", 0):
            raise ValueError("a tree was made for other columns or labels")
    kinds = {name: "f" if name in _REAL else "iu" for name in _NODES}
    nodes = {name: _joined((tree[name] for tree in trees), kind) for name, kind in kinds.items()}
    _check_nodes(nodes, sizes, n_features)
    _check_categories(trees, sizes)


def _check_nodes(nodes: dict[str, NDArray[Any]], sizes: NDArray[np.int64], n_features: int) -> None:
    left, right = nodes["left_children"], nodes["right_children"]
    first = np.cumsum(sizes) - sizes
    size = np.repeat(sizes, sizes)
    number = np.arange(len(size)) - np.repeat(first, sizes)
    start = np.repeat(first, sizes)
    leaf = left == -1
    if (leaf != (right == -1)).any():
        raise ValueError("a node has one child")
    for child in (left, right):
        # Children come after their parent, which makes every walk end.
        if ((child <= number) & ~leaf).any() or (child >= size).any() or (child < -1).any():
            raise ValueError("a node's children point beyond the tree or backwards")
    inner = np.flatnonzero(~leaf)
    parents = np.full(len(size), _NO_PARENT, dtype=np.int64)
    for child in (left, right):
        parents[start[inner] + child[inner]] = number[inner]
    if not np.array_equal(parents, nodes["parents"]):  # XGBoost walks up them when it reads a tree
        raise ValueError("a node's parent is not the node that it hangs on")
    column = nodes["split_indices"][~leaf]
    if len(column) and (column.min() < 0 or column.max() >= n_features):
        raise ValueError(f"a tree looks at a column beyond the {n_features} that there are")
    if not np.isfinite(nodes["split_conditions"][leaf]).all():
        raise ValueError("a leaf's value is not finite")
    if not np.isin(nodes["split_type"], (0, 1)).all():
        raise ValueError("a node splits neither by value nor by category")


def _check_categories(trees: list[dict[str, Any]], sizes: NDArray[np.int64]) -> None:
    for tree, size in zip(trees, sizes, strict=True):
        by_category = np.flatnonzero((np.asarray(tree["split_type"]) == 1) & (np.asarray(tree["left_children"]) != -1))
        nodes, starts, lengths, values = (_joined([tree[name]], "iu").astype(np.int64) for name in _SETS)
        if not np.array_equal(np.sort(nodes), by_category) or not len(nodes) == len(starts) == len(lengths):
            raise ValueError("a tree's sets of categories do not match its nodes")
        if not len(nodes):
            continue
        if (np.diff(nodes) <= 0).any() or starts.min() < 0 or lengths.min() < 1 or nodes.max() >= size:
            raise ValueError("a tree's sets of categories are out of order")
        if (starts + lengths).max() > len(values) or values.min() < 0 or values.max() >= _MOST_CATEGORY:
            raise ValueError("a tree's sets of categories go beyond their values")


def _whole(text: Any) -> int:
    """Return a number that stands as text, in the only spelling that XGBoost's parser and Python's agree on."""
    if not (isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= 10):
        raise ValueError(f"{str(text)[:40]!r} is no whole number")
    return int(text)


def _joined(arrays: Iterable[Any], kinds: str) -> NDArray[Any]:
    parts = [np.asarray(array) for array in arrays]
    if any(part.ndim != 1 or (part.size and part.dtype.kind not in kinds) for part in parts):
        raise ValueError("a tree's field is not a list of numbers")
    return np.concatenate(parts)
