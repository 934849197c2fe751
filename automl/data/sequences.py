"""Cells that hold a row of numbers each."""

from __future__ import annotations

import re
from collections.abc import Sequence as SequenceOf

import numpy as np
from numpy.typing import NDArray

from automl.data.cells import Series, is_missing

Sequence = NDArray[np.float32]

# Two or three numbers are a phone number, a grouped thousand or a coordinate as often as a series.
_SHORTEST = 4
_ENOUGH = 200  # cells looked at
_BRACKETS = str.maketrans("[](){}", "      ")
_COMMAS = str.maketrans(",;", "  ")
_DECIMAL_COMMAS = str.maketrans({",": ".", ";": " "})
_START = re.compile(r"\s*[\[({]?\s*(?:[+-]?(?:[0-9]|\.[0-9])|nan\b|NaN\b|\?)")


def sequence(cell: object) -> Sequence | None:
    """Read one cell as a (length,) float32 array of any length, or None if it is missing or holds anything else.

    Numbers in text are separated by blanks, commas or semicolons, brackets around them allowed; where a cell has
    semicolons, its commas are decimal ones. `nan` and `?` are gaps. Arrays of several dimensions are flattened.
    """
    if isinstance(cell, str):
        if not _START.match(cell):
            return None
        text = cell.translate(_BRACKETS).translate(_DECIMAL_COMMAS if ";" in cell else _COMMAS)
        parts: list[object] = ["nan" if part in {"?", "null", "None"} else part for part in text.split()]
    elif isinstance(cell, np.ndarray):
        parts = cell.ravel().tolist()
    elif isinstance(cell, list | tuple):
        parts = list(cell)
    else:
        return None
    try:
        with np.errstate(over="ignore"):  # beyond float32 is infinite
            values: Sequence = np.array(parts, dtype=np.float64).astype(np.float32).ravel()
    except (ValueError, TypeError, OverflowError):
        return None
    return values if values.size else None


def looks_like_sequences(distinct: SequenceOf[object]) -> bool:
    """Whether every one of these cells holds numbers, and typically four or more of them."""
    cells = [cell for cell in distinct if not is_missing(cell)][:_ENOUGH]
    read = [sequence(cell) for cell in cells]
    lengths = [len(values) for values in read if values is not None]
    if not cells or len(lengths) < len(cells):
        return False
    return not isinstance(cells[0], str) or float(np.median(lengths)) >= _SHORTEST


def to_sequences(series: Series) -> NDArray[np.object_]:
    """Read a column, (n_rows,) object: float32 arrays of any length, or None where missing."""
    out = np.empty(len(series), dtype=object)
    for row, cell in enumerate(series.tolist()):  # not out[:] = list: equal lengths would become a matrix
        out[row] = sequence(cell)
    return out
