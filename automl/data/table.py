"""A table as arrays, one block a role: what encoders read, cheap to slice and to send to another process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from automl.data.schema import Role

MISSING = -1
"""Category code of a missing cell."""
UNSEEN = -2
"""Category code of a level that the schema does not list."""


@dataclass(frozen=True)
class Table:
    """Columns by role.

    - `numeric`: (n_rows, n_numeric) float64, NaN where missing; numeric columns first, then boolean ones as 0/1.
    - `categorical`: (n_rows, n_categorical) int32 positions in the schema's levels, `MISSING` or `UNSEEN`.
    - `datetime`: (n_rows, n_datetime) float64 seconds since 1970 (UTC), NaN where missing.
    - `raw`: text, image and sequence columns by name, each an object array (n_rows,): a str, a uint8 array
      (height, width, channels) of the column's size, or a float32 array of any length; None where missing. Beside them,
      categories whose levels are composed of parts (`Column.composed`) as they are written.
    - `names`: the column names of each block (`Role.NUMERIC`, `CATEGORICAL`, `DATETIME`, `TEXT`, `IMAGE`, `SEQUENCE`).
    - `levels`: the number of levels of each categorical column.
    """

    n_rows: int
    numeric: NDArray[np.float64]
    categorical: NDArray[np.int32]
    datetime: NDArray[np.float64]
    raw: Mapping[str, NDArray[np.object_]] = field(default_factory=dict)
    names: Mapping[Role, tuple[str, ...]] = field(default_factory=dict)
    levels: tuple[int, ...] = ()

    def part(self, rows: slice) -> Table:
        """Return the rows of a slice, as views of these arrays."""
        n_rows = len(range(*rows.indices(self.n_rows)))
        if n_rows == self.n_rows:
            return self
        raw = {name: cells[rows] for name, cells in self.raw.items()}
        blocks = self.numeric[rows], self.categorical[rows], self.datetime[rows]
        return Table(n_rows, *blocks, raw, self.names, self.levels)

    def take(self, rows: NDArray[np.int64]) -> Table:
        """Return the rows at these positions, shape (n_taken,), in this order."""
        return Table(
            n_rows=len(rows),
            numeric=self.numeric[rows],
            categorical=self.categorical[rows],
            datetime=self.datetime[rows],
            raw={name: cells[rows] for name, cells in self.raw.items()},
            names=self.names,
            levels=self.levels,
        )
