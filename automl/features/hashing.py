"""Columns of very many categories folded into fewer by a hash: nothing is learned, and no level is unknown."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from automl.data.table import Table
from automl.features.derived import Derivation, Made
from automl.storage import storable

BUCKETS = 256


@storable("hashed_levels")
@dataclass(frozen=True, eq=False)
class HashedLevels(Derivation):
    """Positions (n_hashed,) int64 of the categorical columns whose levels share `BUCKETS` codes."""

    columns: NDArray[np.int64]
    made: tuple[Made, ...] = ()

    def extend(self, table: Table) -> Table:
        """Replace the columns' codes."""
        codes = table.categorical.copy()
        chosen = codes[:, self.columns]
        # Fibonacci hashing (Knuth, The Art of Computer Programming, volume 3, 6.4): the high bits of a product.
        spread = (chosen.astype(np.uint64) * np.uint64(11400714819323198485)) >> np.uint64(64 - 8)
        codes[:, self.columns] = np.where(chosen >= 0, spread.astype(np.int32), chosen)
        hashed = set(self.columns.tolist())
        levels = tuple(BUCKETS if i in hashed else n for i, n in enumerate(table.levels))
        return replace(table, categorical=codes, levels=levels)


def fit_hashing(table: Table, above: int) -> tuple[HashedLevels, Table] | None:
    """Hash the columns that have more than `above` levels."""
    columns = np.flatnonzero(np.asarray(table.levels, dtype=np.int64) > max(above, BUCKETS))
    if not len(columns):
        return None
    fitted = HashedLevels(columns.astype(np.int64))
    return fitted, fitted.extend(table)
