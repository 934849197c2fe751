"""The table as the checks see it: a bounded sample, looked through once, and a clock."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl.data.cells import Series, is_missing, level_text, per_distinct
from automl.data.dates import to_datetimes
from automl.data.numeric import to_numbers
from automl.data.schema import Column, Role, Schema
from automl.data.sketch import Sketch
from automl.task import Task


class OutOfTime(Exception):
    """The time for checking is used up; what was found until now stands."""


@dataclass(frozen=True)
class Subject:
    """A table to check.

    - `frame` holds the rows looked at and `rows` their positions in `whole`, (n_looked_at,) int64; `whole` are all rows
      that have a target, for the few checks that are cheap enough, and `origin` their positions in the table that the
      user gave, (n_rows,) int64. `n_untargeted` rows of that have no target.
    - `schema` gives the roles of the input columns; `task` and `y` (n_looked_at,) the target, None without one.
    - `test` is another table to compare with, None without one.
    - `deadline` is on `time.monotonic()`'s clock, None for no limit.
    """

    frame: pd.DataFrame
    whole: pd.DataFrame
    rows: NDArray[np.int64]
    origin: NDArray[np.int64]
    schema: Schema
    task: Task | None = None
    y: NDArray[np.int64] | NDArray[np.float64] | None = None
    test: pd.DataFrame | None = None
    n_untargeted: int = 0
    deadline: float | None = None
    seed: int = 0
    _sketches: dict[str, Sketch] = field(default_factory=dict)
    _codes: dict[str, tuple[NDArray[np.int64], int]] = field(default_factory=dict)
    _missing: dict[str, NDArray[np.bool_]] = field(default_factory=dict)
    _numbers: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    @property
    def n_rows(self) -> int:
        """Rows looked at."""
        return len(self.frame)

    def columns(self, *roles: Role) -> Iterator[Column]:
        """Input columns that have one of these roles, all without; raises `OutOfTime` between two when it is late."""
        for column in self.schema.columns:
            if not roles or column.role in roles:
                self.check_time()
                yield column

    def check_time(self) -> None:
        """Raise `OutOfTime` past the deadline."""
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise OutOfTime

    def cells(self, name: str) -> Series:
        """The raw cells of a column, (n_looked_at,)."""
        return self.frame[name]

    def sketch(self, name: str) -> Sketch:
        """The distinct cells of a column and their counts."""
        if name not in self._sketches:
            self._sketches[name] = Sketch.of(name, self.frame[name])
        return self._sketches[name]

    def missing(self, name: str) -> NDArray[np.bool_]:
        """Which cells of a column are missing, (n_looked_at,)."""
        if name not in self._missing:
            series = self.frame[name]
            if getattr(series.dtype, "kind", "O") in "iufbmM":
                self._missing[name] = pd.isna(series).to_numpy(dtype=bool)
            else:
                self._missing[name] = per_distinct(series, is_missing, True, np.bool_)
        return self._missing[name]

    def numbers(self, column: Column) -> NDArray[np.float64]:
        """A numeric or boolean column as numbers, a date column in seconds, (n_looked_at,) float64, NaN for gaps."""
        if column.name not in self._numbers:
            cells = self.frame[column.name]
            read = to_datetimes if column.role is Role.DATETIME else to_numbers
            self._numbers[column.name] = read(cells, column.parsing)
        return self._numbers[column.name]

    def codes(self, name: str) -> tuple[NDArray[np.int64], int]:
        """Positions of the distinct cells in order of first appearance, gaps as one more; and how many there are."""
        if name not in self._codes:
            texts = per_distinct(self.frame[name], level_text, "", np.object_)
            codes, levels = pd.factorize(texts)
            self._codes[name] = codes.astype(np.int64), len(levels)
        return self._codes[name]

    @cached_property
    def gaps(self) -> NDArray[np.int64]:
        """Missing cells among the input columns of each row, (n_looked_at,)."""
        total = np.zeros(self.n_rows, dtype=np.int64)
        for column in self.schema.columns:
            total += self.missing(column.name)
        return total

    def where(self, mask: NDArray[np.bool_], most: int = 20) -> tuple[int, ...]:
        """Positions in the user's table of the first rows of a mask (n_looked_at,)."""
        return self.places(self.rows[np.flatnonzero(mask)[:most]])

    def places(self, rows: NDArray[np.int64], most: int = 20) -> tuple[int, ...]:
        """Positions in the user's table of the first of some rows of `whole`."""
        return tuple(self.origin[rows[:most]].tolist())
