"""What the rules about a column need to know of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl.data.cells import Series, is_missing, level_text
from automl.data.numeric import to_numbers

_SAMPLE = 5000
_MOST_LEVELS = 50_000
"""Categories that a schema lists, the most frequent ones; rarer ones than these are never seen twice anyway."""


@dataclass(frozen=True)
class Sketch:
    """A column in short: its cells, and the distinct ones that are present, in any order, with their counts.

    Cells without a hash (lists, arrays) all count as distinct.
    """

    name: str
    series: Series
    distinct: tuple[object, ...]
    counts: NDArray[np.int64]
    hashable: bool = True

    @classmethod
    def of(cls, name: str, series: Series) -> Sketch:
        """Look through a column once."""
        if isinstance(series.dtype, np.dtype) and series.dtype.kind in "iufmM":  # no need to look at each cell
            values = series.to_numpy()
            present = values if series.dtype.kind in "iu" else values[~pd.isna(values)]
            numbers, counts = np.unique(present, return_counts=True)
            return cls(name, series, tuple(numbers.tolist()), counts.astype(np.int64))
        # Lists and arrays have no hash, which pandas does not always notice when it counts.
        if series.dtype == object and any(isinstance(cell, list | np.ndarray | dict | set) for cell in series.tolist()):
            cells = [
                cell for cell in series.tolist() if isinstance(cell, list | tuple | np.ndarray) or not is_missing(cell)
            ]
            return cls(name, series, tuple(cells), np.ones(len(cells), dtype=np.int64), hashable=False)
        table = series.value_counts(sort=False)
        pairs = [(c, n) for c, n in zip(table.index.tolist(), table.tolist(), strict=True) if n and not is_missing(c)]
        return cls(name, series, tuple(c for c, _ in pairs), np.array([n for _, n in pairs], dtype=np.int64))

    @property
    def kind(self) -> str:
        """Numpy's letter for the dtype: b, i, u, f, m, M, or O for all else."""
        kind = getattr(self.series.dtype, "kind", "O")
        return kind if kind in "biufmM" and not isinstance(self.series.dtype, pd.CategoricalDtype) else "O"

    @property
    def n_present(self) -> int:
        """Cells that are not missing."""
        return int(self.counts.sum())

    @property
    def n_distinct(self) -> int:
        """Distinct cells, missing ones not counted."""
        return len(self.distinct)

    @property
    def share_distinct(self) -> float:
        """Distinct cells among those present, in [0, 1]."""
        return self.n_distinct / max(self.n_present, 1)

    @cached_property
    def sample(self) -> Sequence[object]:
        """Up to 5000 distinct cells, evenly spread over the order of appearance."""
        step = -(-self.n_distinct // _SAMPLE) or 1
        return self.distinct[::step]

    @cached_property
    def texts(self) -> list[str]:
        """The sample as text."""
        return [level_text(cell) for cell in self.sample]

    def numbers(self, parsing: str) -> NDArray[np.float64]:
        """The distinct cells as numbers, NaN where they are none."""
        if not self.distinct:
            return np.empty(0)
        return to_numbers(pd.Series(list(self.distinct), dtype=None if self.kind != "O" else object), parsing)

    def levels(self) -> tuple[str, ...]:
        """The categories as text, numbers first and in their order, then words in theirs."""
        totals: dict[str, int] = {}
        for cell, count in zip(self.distinct, self.counts.tolist(), strict=True):
            text = level_text(cell)
            if text:
                totals[text] = totals.get(text, 0) + count
        levels = list(totals)
        if len(levels) > _MOST_LEVELS:
            levels = sorted(levels, key=lambda level: (-totals[level], level))[:_MOST_LEVELS]
        return tuple(sorted(levels, key=_natural))


def _natural(level: str) -> tuple[bool, float, str]:
    try:
        value = float(level)
    except ValueError:
        return (True, 0.0, level)
    return (True, 0.0, level) if math.isnan(value) else (False, value, level)
