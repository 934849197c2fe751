"""Categories as the number of training rows that have them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.data.schema import Role
from automl.data.table import Table
from automl.features.derived import Derivation, Made, widen
from automl.features.levels import UNSEEN_SLOT, LevelIndex
from automl.storage import storable

FEWEST_LEVELS = 4
"""With fewer levels, what the counts tell apart the levels tell apart as well."""


@storable("frequencies")
@dataclass(frozen=True, eq=False)
class Frequencies(Derivation):
    """Training rows of each slot, (n_slots,) float64; a column becomes log(1 + rows)."""

    index: LevelIndex
    counts: NDArray[np.float64]
    made: tuple[Made, ...]

    def extend(self, table: Table) -> Table:
        """Add a number a column."""
        return widen(table, self.made, np.log1p(self.counts[self.index.slots(table.categorical)]))


def fit_frequencies(table: Table) -> tuple[Frequencies, Table] | None:
    """Fit on training rows; there a row does not count itself, as it does not among other rows later."""
    levels = np.asarray(table.levels, dtype=np.int64)
    chosen = levels >= FEWEST_LEVELS
    if not chosen.any():
        return None
    index = LevelIndex(np.flatnonzero(chosen), levels[chosen])
    slots = index.slots(table.categorical)
    counts = np.bincount(slots.ravel(), minlength=index.size).astype(np.float64)
    counts[index.starts + UNSEEN_SLOT] = 0.0
    names = table.names[Role.CATEGORICAL]
    made = tuple(Made(f"rows of {names[i]}", (names[i],)) for i in index.columns)
    fitted = Frequencies(index, counts, made)
    return fitted, widen(table, made, np.log1p(np.maximum(counts[slots] - 1.0, 0.0)))
