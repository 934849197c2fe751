"""LightGBM's text format: the part of it that prediction needs, and checks before LightGBM reads it.

LightGBM follows the indices of a file without bounds checks, so a damaged one could crash the process. The checks look
at all trees at once, since a model may have tens of thousands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_END = "end of trees"
# What only training and inspection read; without `tree_sizes` LightGBM finds the trees by their headings.
_UNUSED = (
    "split_gain=",
    "leaf_weight=",
    "leaf_count=",
    "internal_value=",
    "internal_weight=",
    "internal_count=",
    "tree_sizes=",
)
_NODES = ("left_child", "right_child", "split_feature", "decision_type", "threshold")
_EVERY = ("num_leaves", "num_cat", "leaf_value", "is_linear", *_NODES)
_CATEGORIES = ("cat_boundaries", "cat_threshold")
_REAL = ("threshold", "leaf_value")
_KNOWN = ("shrinkage", *_EVERY, *_CATEGORIES)
_HEADER = frozenset({
    "version", "num_class", "num_tree_per_iteration", "label_index", "max_feature_idx", "objective", "feature_names",
    "feature_infos",
})  # fmt: skip
# LightGBM reads numbers by a parser of its own, which stops at what it does not know: 1e1 is 1 to it in a whole number.
_OF_WHOLES = str.maketrans("", "", "0123456789- ")
_OF_REALS = str.maketrans("", "", "0123456789-+.e infa")
_BEYOND = 2**32  # what LightGBM's whole numbers cannot hold: sets of categories are words of 32 bits


def lean(text: str) -> str:
    """Return the model without the lines that prediction does not read, about half its size."""
    trees = text.partition(_END)[0]
    return "\n".join(line for line in trees.split("\n") if not line.startswith(_UNUSED)) + f"{_END}\n\n"


def rates(text: str, trees_per_round: int) -> list[float]:
    """Return the learning rate of each round of a model whose text was checked; empty where the text does not say."""
    shrunk = [float(rate) for rate in re.findall(r"^shrinkage=([0-9.e+-]+)$", text, re.MULTILINE)][::trees_per_round]
    return shrunk[1:2] + shrunk[1:]  # the first tree holds the mean as well, and calls itself not shrunk


def check_text(text: str, n_features: int, trees_per_round: int) -> None:
    """Raise ValueError where the text is truncated, made for other data, or has indices beyond their arrays."""
    trees, end, rest = text.partition(_END)
    head, *blocks = trees.split("\nTree=")
    if not head.startswith("tree\n") or not trees.endswith("\n") or not end or rest.strip():
        raise ValueError("it is not a whole LightGBM model")
    if not text.isascii() or "\r" in text or "\0" in text:
        raise ValueError("it holds characters that LightGBM does not write")
    _check_head(head, n_features, trees_per_round)
    if any(block.partition("\n")[0] != str(number) for number, block in enumerate(blocks)):
        raise ValueError("a tree is out of order")
    if not blocks or len(blocks) % trees_per_round:
        raise ValueError(f"the number of trees, {len(blocks)}, is not a multiple of {trees_per_round}")
    lines = _lines(blocks)
    fields = {name: _field(name, lines[name]) for name in (*_EVERY, *_CATEGORIES)}
    if any(len(fields[name].counts) != len(blocks) for name in _EVERY):
        raise ValueError("a tree lacks a field")
    _check_trees(fields, n_features)


@dataclass(frozen=True)
class _Field:
    """The values of one field in all trees that have it, one after the other, and how many each has."""

    values: NDArray[np.float64]
    counts: NDArray[np.int64]


def _lines(blocks: Sequence[str]) -> dict[str, list[str]]:
    """Return the values of each field, so that the n-th belongs to the n-th tree that has it."""
    lines: dict[str, list[str]] = {name: [] for name in _KNOWN}
    for block in blocks:
        pairs = [line.partition("=") for line in block.split("\n")[1:] if line]
        if len({name for name, _, _ in pairs}) < len(pairs):
            raise ValueError("a tree has a field twice")
        for name, _, value in pairs:
            if name not in lines:
                raise ValueError("a tree has a field that is not known")
            lines[name].append(value)
    return lines


def _field(name: str, lines: Sequence[str]) -> _Field:
    counts = np.array([line.count(" ") + 1 if line else 0 for line in lines], dtype=np.int64)
    joined = " ".join(line for line in lines if line)
    real = name in _REAL
    odd = joined.translate(_OF_REALS if real else _OF_WHOLES) or " +" in f" {joined}"
    try:
        values = np.empty(0) if odd else np.fromstring(joined, sep=" ")
    except ValueError:  # how NumPy refuses what it cannot read to its end
        values = np.empty(0)
    if len(values) != counts.sum() or (not real and len(values) and np.abs(values).max() >= _BEYOND):
        raise ValueError(f"a tree's {name} holds what is no number")
    return _Field(values, counts)


def _check_trees(fields: dict[str, _Field], n_features: int) -> None:
    leaves = fields["num_leaves"].values.astype(np.int64)
    inner = leaves - 1
    if leaves.min() < 1 or fields["is_linear"].values.any() or (fields["leaf_value"].counts != leaves).any():
        raise ValueError("a tree's leaves do not match their number")
    if any((fields[name].counts != inner).any() for name in _NODES):
        raise ValueError("a tree's nodes do not match their number")
    left, right, feature, kind = (fields[name].values.astype(np.int64) for name in _NODES[:-1])
    if len(feature) and (feature.min() < 0 or feature.max() >= n_features):
        raise ValueError(f"a tree looks at a column beyond the {n_features} that there are")
    tree = np.repeat(np.arange(len(leaves)), inner)
    node = np.arange(len(tree)) - np.repeat(np.cumsum(inner) - inner, inner)
    for child in (left, right):
        # An inner child comes after its parent, which makes every walk end; leaves count down from -1.
        if ((child >= 0) & (child <= node)).any() or (child >= inner[tree]).any() or (child < -leaves[tree]).any():
            raise ValueError("a tree's children point beyond its nodes or backwards")
    categorical = (kind & 1) == 1
    _check_categories(fields, fields["threshold"].values[categorical], tree[categorical])


def _check_categories(fields: dict[str, _Field], threshold: NDArray[np.float64], tree: NDArray[np.int64]) -> None:
    """Check the sets of categories; `threshold` names the set of each categorical node, and `tree` its tree."""
    n_sets = fields["num_cat"].values.astype(np.int64)
    having = n_sets[n_sets > 0]
    bounds, words = fields["cat_boundaries"], fields["cat_threshold"]
    fault = ValueError("a tree's sets of categories do not match their bounds")
    if (n_sets < 0).any() or len(words.counts) != len(having) or not np.array_equal(bounds.counts, having + 1):
        raise fault
    last = np.cumsum(bounds.counts) - 1
    first = last - having
    rising = np.diff(bounds.values, prepend=0) >= 0
    rising[first] = True
    if bounds.values[first].any() or not rising.all() or (bounds.values[last] != words.counts).any():
        raise fault
    if not ((threshold >= 0) & (threshold < n_sets[tree])).all():  # NaN too
        raise ValueError("a tree names a set of categories that it does not have")


def _check_head(head: str, n_features: int, trees_per_round: int) -> None:
    pairs = [line.partition("=")[::2] for line in head.split("\n")[1:] if line]
    fields = dict(pairs)
    if len(fields) < len(pairs) or not fields.keys() <= _HEADER:
        raise ValueError("its head has a field that is not known, or one twice")
    n_groups = trees_per_round
    objectives = {"regression", "binary sigmoid:1"} if n_groups == 1 else {f"multiclass num_class:{n_groups}"}
    numbers = {"max_feature_idx": n_features - 1, "num_tree_per_iteration": n_groups, "num_class": n_groups}
    if fields.get("objective") not in objectives or any(fields.get(name) != str(n) for name, n in numbers.items()):
        raise ValueError("it was made for other columns or labels")
    if any(len(fields.get(name, "").split(" ")) != n_features for name in ("feature_names", "feature_infos")):
        raise ValueError("its columns are not as many as it says")
