"""Work on many rows in blocks, so that what lies between input and output stays small."""

from __future__ import annotations

from collections.abc import Callable
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
    for start in range(0, len(rows), BLOCK):
        out[start : start + BLOCK] = transform(rows[start : start + BLOCK])
    return out
