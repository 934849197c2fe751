"""Work on many rows in blocks, so that what lies between input and output stays small."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 2**15


def in_blocks(
    transform: Callable[[NDArray[Any]], NDArray[Any]], rows: NDArray[Any], width: int, dtype: type[np.generic]
) -> NDArray[Any]:
    """Transform rows (n_rows, …) to (n_rows, width) of this dtype, a block of rows at a time."""
    if len(rows) <= BLOCK:
        return transform(rows)
    out = np.empty((len(rows), width), dtype=dtype)
    for block in blocks_of(len(rows)):
        out[block] = transform(rows[block])
    return out


def blocks_of(n_rows: int) -> list[slice]:
    """Return the slices that rows are worked on in."""
    return [slice(start, min(start + BLOCK, n_rows)) for start in range(0, n_rows, BLOCK)]


@dataclass(frozen=True)
class Columns:
    """So many features, `width`, that are made for a slice of rows when asked: `of(rows)` is (n, width) float32."""

    width: int
    of: Callable[[slice], NDArray[np.float32]]

    @classmethod
    def given(cls, matrix: NDArray[np.float32]) -> Columns:
        """Features that are there already, (n_rows, width)."""
        return cls(matrix.shape[1], matrix.__getitem__)


def beside(columns: Sequence[Columns], n_rows: int) -> NDArray[np.float32]:
    """Put features side by side, (n_rows, n_features), a block of rows at a time."""
    out = np.empty((n_rows, sum(each.width for each in columns)), dtype=np.float32)
    for rows in blocks_of(n_rows):
        start = 0
        for each in columns:
            out[rows, start : start + each.width] = each.of(rows)
            start += each.width
    return out
