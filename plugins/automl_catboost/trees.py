"""Checks of CatBoost's file before CatBoost reads it.

CatBoost verifies the structure of the trees' part, but neither the numbers in it nor the tables of categories behind
it, and follows both without bounds checks: a forged file would crash the process. So everything that prediction
follows is checked here, and what no model of ours has (texts, embeddings, trees that are not symmetric) is refused.

Source of the layout: CatBoost's own schemas, catboost/libs/model/flatbuffers, and model.cpp, ctr_value_table.cpp and
static_ctr_provider.cpp beside them.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_catboost.flat import Table

_MAGIC = b"CBM1"
_FORMAT = b"FlabuffersModel_v1"  # as CatBoost spells it
_DEEPEST = 16  # CatBoost's own bound on the depth of a tree
_BIN = 254  # borders that share a byte
_NO_KEY = 2**64 - 1  # marks a free place in a table of categories
_BUCKET = np.dtype([("key", "<u8"), ("index", "<u4")])
_BORDERS, _BUCKETS, _BINARIZED_MEAN, _FLOAT_MEAN, _COUNTER, _FREQUENCY = range(6)
_MOST_LABELS = 1 << 16


@dataclass(frozen=True)
class Shape:
    """What a file must be made for: its columns, by kind, and the values of a leaf."""

    n_numbers: int
    n_categories: int
    n_groups: int


def check_bytes(data: bytes, shape: Shape) -> None:
    """Raise ValueError where the file is damaged, made for other columns or labels, or could lead CatBoost astray."""
    if data[:4] != _MAGIC or len(data) < 8:
        raise ValueError("it is no CatBoost model")
    size = struct.unpack_from("<I", data, 4)[0]
    if 8 + size > len(data):
        raise ValueError("it ends too early")
    core = Table.root(data[8 : 8 + size])
    trees = core.table(1)
    if core.text(0) != _FORMAT or trees is None:
        raise ValueError("it is of another format")
    splits = _Splits(trees, shape)
    _check_trees(trees, shape, splits.n_bins, splits.n_bytes)
    parts = core.texts(3)
    if parts not in ([], [b"static_provider_v1"]) or (splits.contexts and not parts):
        raise ValueError("it has parts that are not known")
    _check_contexts(data[8 + size :], bool(parts), splits)


class _Splits:
    """What trees may ask: of numbers, of categories one by one, and of statistics over categories (contexts)."""

    def __init__(self, trees: Table, shape: Shape) -> None:
        self.shape = shape
        self.n_bins = self.n_bytes = 0
        self.borders = self._numbers(trees.tables(5))
        self._categories(trees.tables(4))
        self.values = self._one_by_one(trees.tables(6))
        self.contexts = [self._context(feature) for feature in trees.tables(7)]
        if any(trees.tables(field) for field in (12, 13, 18)):
            raise ValueError("it has texts or embeddings")

    def _count(self, n_values: int) -> None:
        self.n_bins += n_values
        self.n_bytes += -(-n_values // _BIN)

    def _numbers(self, features: list[Table]) -> list[NDArray[np.float32]]:
        if len(features) != self.shape.n_numbers:
            raise ValueError("it was made for other columns")
        borders = []
        for position, feature in enumerate(features):
            if feature.number(1, "<i", -1) != position or feature.number(2, "<i", -1) != position:
                raise ValueError("a column of numbers is out of place")
            if feature.number(5, "<b") not in {0, 1, 2}:
                raise ValueError("a column treats gaps in an unknown way")
            borders.append(_rising(feature.array(3, "<f4")))
            self._count(len(borders[-1]))
        return borders

    def _categories(self, features: list[Table]) -> None:
        if len(features) != self.shape.n_categories:
            raise ValueError("it was made for other categorical columns")
        self.used = []
        for position, feature in enumerate(features):
            flat = self.shape.n_numbers + position
            if feature.number(0, "<i", -1) != position or feature.number(1, "<i", -1) != flat:
                raise ValueError("a categorical column is out of place")
            self.used.append(bool(feature.number(3, "<b", 1)))

    def _one_by_one(self, features: list[Table]) -> dict[int, set[int]]:
        values: dict[int, set[int]] = {}
        for feature in features:
            column = self._category(feature.number(0, "<i", -1))
            asked = feature.array(1, "<i4")
            if column in values or feature.tables(2):
                raise ValueError("a categorical column is asked about twice")
            values[column] = set(asked.tolist())
            self._count(len(asked))
        return values

    def _context(self, feature: Table) -> tuple[Any, int]:
        """Return the key of a statistic, and the label it is about."""
        statistic = feature.table(0)
        base = None if statistic is None else statistic.table(0)
        if statistic is None or base is None:
            raise ValueError("a statistic lacks its definition")
        numbers = [statistic.number(i, "<f", default) for i, default in ((2, 0.0), (3, 1.0), (4, 0.0), (5, 1.0))]
        if not np.isfinite(numbers).all():
            raise ValueError("a statistic's prior is not finite")
        self._count(len(_rising(feature.array(1, "<f4"))))
        return self.key(base), int(statistic.number(1, "<i"))

    def key(self, base: Table) -> Any:
        """Return what identifies a statistic, all of it within the columns that there are."""
        projection, kind = base.table(0), int(base.number(1, "<b"))
        if projection is None or kind not in range(6):
            raise ValueError("a statistic is of an unknown kind")
        columns = [self._category(int(column)) for column in projection.array(0, "<i4")]
        raw = projection.array(1, "<u8").view([("column", "<i4"), ("border", "<f4")])
        for column, border in raw.tolist():
            if not 0 <= column < len(self.borders) or not (self.borders[column] == np.float32(border)).any():
                raise ValueError("a statistic asks about a number in an unknown way")
        chosen = projection.array(2, "<i8").view("<i4").reshape(-1, 2)
        for column, value in chosen.tolist():
            if value not in self.values.get(column, ()):
                raise ValueError("a statistic asks about a category in an unknown way")
        return tuple(columns), raw.tobytes(), chosen.tobytes(), kind, int(base.number(2, "<i"))

    def _category(self, column: int) -> int:
        if not 0 <= column < self.shape.n_categories or not self.used[column]:
            raise ValueError("a split looks at a categorical column that there is not")
        return column


def _check_trees(trees: Table, shape: Shape, n_bins: int, n_bytes: int) -> None:
    if trees.number(0, "<i") != shape.n_groups:
        raise ValueError("it was made for other labels")
    splits, sizes, starts = (trees.array(field, "<i4").astype(np.int64) for field in (1, 2, 3))
    if not len(sizes) or sizes.min() < 0 or sizes.max() > _DEEPEST or sizes.sum() != len(splits):
        raise ValueError("the splits do not match the trees")
    if not np.array_equal(starts, np.cumsum(sizes) - sizes):
        raise ValueError("a tree starts at the wrong place")
    if len(splits) and (splits.min() < 0 or splits.max() >= n_bins):
        raise ValueError("a tree asks what no column answers")
    if len(trees.array(10, "<u4")) or len(trees.array(11, "<u4")):
        raise ValueError("its trees are not symmetric")
    n_leaves = int((1 << sizes).sum())
    leaves, weights = trees.array(8, "<f8"), trees.array(9, "<f8")
    if len(leaves) != n_leaves * shape.n_groups or len(weights) not in {0, n_leaves}:
        raise ValueError("the leaves do not match the trees")
    bias = trees.array(16, "<f8")
    if len(bias) not in {0, shape.n_groups} or (not len(bias) and shape.n_groups > 1 and trees.number(15, "<d")):
        raise ValueError("its bias does not match the labels")
    if not all(np.isfinite(part).all() for part in (leaves, bias, trees.number(14, "<d", 1), trees.number(15, "<d"))):
        raise ValueError("a leaf's value is not finite")
    packed = trees.array(17, "<u4")
    if len(packed) not in {0, len(splits)} or (len(packed) and (packed & 0xFFFF).max() >= max(1, n_bytes)):
        raise ValueError("its packed splits do not match the trees")


def _check_contexts(data: bytes, present: bool, splits: _Splits) -> None:
    """Check the tables of statistics by category, which follow the trees."""
    if not present:
        if data:
            raise ValueError("bytes after the end of the trees")
        return
    tables: dict[Any, Table] = {}
    count, at = _size(data, 0), 4
    for _ in range(count):
        size = _size(data, at)
        if at + 4 + size > len(data):
            raise ValueError("a table of statistics ends too early")
        table = Table.root(data[at + 4 : at + 4 + size])
        base = table.table(0)
        if base is None or (key := splits.key(base)) in tables:
            raise ValueError("a table of statistics has no or another's definition")
        tables[key] = table
        at += 4 + size
    if at != len(data):
        raise ValueError("bytes after the end of the statistics")
    for key, label in splits.contexts:
        if key not in tables:
            raise ValueError("a statistic has no table")
        _check_context(tables[key], kind=key[3], label=label)


def _check_context(table: Table, kind: int, label: int) -> None:
    raw = table.array(1, "<u1")
    if len(raw) % _BUCKET.itemsize or not len(raw):
        raise ValueError("a table of categories is cut")
    buckets = raw.view(_BUCKET)
    taken = buckets["key"] != _NO_KEY
    # A power of two, and a free place: a search for an unknown category walks on until it meets one.
    if len(buckets) & (len(buckets) - 1) or taken.all():
        raise ValueError("a table of categories has no free place")
    n_labels = int(table.number(4, "<i"))
    cells = len(table.array(2, "<u1")) // 4
    width = 1
    if kind in {_BINARIZED_MEAN, _FLOAT_MEAN}:
        width = 2
    elif kind in {_BORDERS, _BUCKETS}:
        if not 1 <= n_labels <= _MOST_LABELS:
            raise ValueError("a statistic has no labels")
        width = n_labels if kind == _BUCKETS else max(2, n_labels)
        if not 0 <= label < n_labels:
            raise ValueError("a statistic is about a label that there is not")
    if taken.any() and (int(buckets["index"][taken].max()) + 1) * width > cells:
        raise ValueError("a table of categories points beyond its statistics")


def _size(data: bytes, at: int) -> int:
    if at + 4 > len(data):
        raise ValueError("the statistics end too early")
    return int(struct.unpack_from("<I", data, at)[0])


def _rising(borders: NDArray[np.float32]) -> NDArray[np.float32]:
    if not np.isfinite(borders).all() or (np.diff(borders) <= 0).any():
        raise ValueError("a column's borders do not rise")
    return borders
