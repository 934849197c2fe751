"""Category codes of several columns as positions in one flat array: any encoding is then one lookup."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from automl.data.table import MISSING, UNSEEN
from automl.storage import storable

UNSEEN_SLOT = 0
MISSING_SLOT = 1
_FIRST_LEVEL = 2


@storable("level_index")
@dataclass(frozen=True, eq=False)
class LevelIndex:
    """Some categorical columns: positions in the table's block, numbers of levels, both (n_columns,) int64.

    In the flat array each column has a slot for unseen levels, one for missing cells, and one a level, in
    this order.
    """

    columns: NDArray[np.int64]
    levels: NDArray[np.int64]

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """First slot of each column, (n_columns,) int64."""
        widths = self.levels + _FIRST_LEVEL
        return np.cumsum(widths) - widths

    @property
    def size(self) -> int:
        """Number of slots."""
        return int((self.levels + _FIRST_LEVEL).sum())

    def slots(self, codes: NDArray[np.int32]) -> NDArray[np.int64]:
        """Slots (n_rows, n_columns) int64 of a table's codes (n_rows, n_categorical)."""
        chosen = np.take(codes, self.columns, axis=1)
        known = np.where((chosen >= MISSING) & (chosen < self.levels), chosen, UNSEEN)
        return known + (self.starts + _FIRST_LEVEL)

    def split(self, flat: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """Views of a flat array (n_slots,), one a column."""
        return np.split(flat, self.starts[1:])

    def subset(self, chosen: NDArray[np.bool_]) -> LevelIndex:
        """The index of the columns chosen by a mask (n_columns,)."""
        return LevelIndex(self.columns[chosen], self.levels[chosen])


@dataclass(frozen=True, eq=False)
class Known:
    """Which slots the training rows made known.

    `ranks` (n_slots,) int64 numbers the known levels of each column from 1; 0 stands for missing, unseen and
    rare. `n_known` (n_columns,) int64 counts them. `others` (n_columns,) bool: training has rows that are not
    of a known level. `counts` (n_slots,) int64 are training rows.
    """

    ranks: NDArray[np.int64]
    n_known: NDArray[np.int64]
    others: NDArray[np.bool_]
    counts: NDArray[np.int64]


def known_levels(index: LevelIndex, slots: NDArray[np.int64], min_count: int) -> Known:
    """Find the levels with at least `min_count`, at least one, training rows; slots (n_rows, n_columns)."""
    counts = np.bincount(slots.ravel(), minlength=index.size).astype(np.int64)
    known = counts >= max(1, min_count)
    known[index.starts + UNSEEN_SLOT] = False
    known[index.starts + MISSING_SLOT] = False
    running = np.cumsum(known)
    before = running[index.starts]  # the first slot of a column is never known, so this excludes the column itself
    column = np.repeat(np.arange(len(index.columns)), index.levels + _FIRST_LEVEL)
    ranks = np.where(known, running - before[column], 0).astype(np.int64)
    n_known = np.bincount(column, weights=known, minlength=len(index.columns)).astype(np.int64)
    unknown_rows = np.bincount(column, weights=counts * ~known, minlength=len(index.columns))
    return Known(ranks, n_known, unknown_rows > 0, counts)
