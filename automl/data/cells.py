"""Raw cells to typed values: what is missing, how a level is spelled, booleans and plain text.

Numbers, dates and sequences have a module each (`numeric`, `dates`, `sequences`); all of them share the habit of this
one: a function of one cell, applied once to every distinct cell of a column. Single rows and long columns therefore
mean the same, and a cell that cannot be understood is missing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Series: TypeAlias = "pd.Series[Any]"

MARKERS = frozenset({"", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NaT", "NULL", "null", "?"})
"""Spellings of a missing cell, once blanks around it are gone. "None" is not among them: as a cell of a table it is
more often a level ("no basement") or a label than a gap. A number column reads it as missing all the same."""

FEW = 64
"""Up to this many rows a plain loop is faster than finding the distinct cells first."""

_TRUTH = (("false", "true"), ("no", "yes"), ("n", "y"), ("f", "t"), ("off", "on"), ("0", "1"))
_WHOLE = re.compile(r"([+-]?[0-9]+)\.0+")


def is_missing(cell: object) -> bool:
    """Whether a cell holds nothing: None, NaN, NA, NaT or one of `MARKERS`."""
    if isinstance(cell, str):
        return cell in MARKERS or cell.strip() in MARKERS
    if isinstance(cell, float | np.floating):
        return math.isnan(cell)
    return cell is None or cell is pd.NA or cell is pd.NaT


def level_text(cell: object) -> str:
    """Spell a cell as a category level, so that 1, 1.0 and "1" are the same level; "" where it is missing."""
    if isinstance(cell, str):
        text = cell.strip()
        if text in MARKERS:
            return ""
        whole = _WHOLE.fullmatch(text) if text.endswith("0") else None
        return whole[1] if whole else text
    if is_missing(cell):
        return ""
    if isinstance(cell, bool | np.bool_):
        return str(bool(cell))
    if isinstance(cell, float | np.floating):
        number = float(cell)
        return str(int(number)) if number.is_integer() else repr(number)
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell).strip()


def per_distinct(series: Series, function: Callable[[Any], Any], fill: object, dtype: type[np.generic]) -> NDArray[Any]:
    """Apply a function of one cell to a column, once for every distinct cell; (n_rows,) of the dtype.

    `fill` stands for the cells that pandas knows to be missing; the function must give the same for those.
    """
    if len(series) <= FEW:
        return np.array([function(cell) for cell in series.tolist()], dtype=dtype)
    codes: NDArray[Any]
    distinct: Any
    if isinstance(series.dtype, pd.CategoricalDtype):
        codes, distinct = series.cat.codes.to_numpy(), series.cat.categories
    else:
        try:
            codes, distinct = pd.factorize(series)
        except TypeError:  # lists and arrays have no hash
            return np.array([function(cell) for cell in series.tolist()], dtype=dtype)
    values = np.empty(len(distinct) + 1, dtype=dtype)
    values[:-1] = [function(cell) for cell in distinct.tolist()]
    values[-1] = fill  # where code -1 points
    return values[codes]


def to_levels(series: Series, positions: dict[str, int], missing: int, unseen: int) -> NDArray[np.int32]:
    """Category cells as positions of their levels, (n_rows,) int32."""

    def position(cell: object) -> int:
        text = level_text(cell)
        return positions.get(text, unseen) if text else missing

    return per_distinct(series, position, missing, np.int32)


def truth_levels(levels: list[str]) -> tuple[str, str] | None:
    """Return two spellings as (false, true) if they are a known pair such as No and Yes, else None."""
    folded = {level.casefold(): level for level in levels}
    for false, true in _TRUTH:
        if folded.keys() == {false, true}:
            return folded[false], folded[true]
    return None


def to_booleans(series: Series, levels: tuple[str, ...]) -> NDArray[np.float64]:
    """Read (n_rows,) float64: 0 for the first level, 1 for the second, NaN for anything else.

    Where the levels are a known pair (No, Yes) the other known pairs (False, True; 0, 1) are understood as well.
    """
    known = dict(zip((level.casefold() for level in levels), (0.0, 1.0), strict=False))
    if truth_levels(list(levels)):
        known = {word: float(i) for pair in _TRUTH for i, word in enumerate(pair)} | known

    def truth(cell: object) -> float:
        return known.get(level_text(cell).casefold(), np.nan)

    return per_distinct(series, truth, np.nan, np.float64)


def to_text(series: Series) -> NDArray[np.object_]:
    """Cells as text, (n_rows,) object: str, or None where missing."""
    out = np.empty(len(series), dtype=object)
    out[:] = [
        None if is_missing(cell) else cell if isinstance(cell, str) else level_text(cell) for cell in series.tolist()
    ]
    return out
