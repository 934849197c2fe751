"""Cells that hold numbers, in the spellings people use."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.data.cells import Series, level_text, per_distinct

PLAIN = ""
THOUSANDS = "thousands"
DECIMAL_COMMA = "decimal comma"

_UNSIGNED = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_PLAIN = re.compile(rf"[+-]?{_UNSIGNED}")
# A group never follows a lone zero, so "0,125" is a decimal comma and "1,250" a thousand: the one true ambiguity.
_GROUPED = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]*)?")
_SPACED = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:[ '\u00a0\u202f][0-9]{3})+(?:[.,][0-9]*)?")
_COMMA = re.compile(r"[+-]?(?:[0-9]+|[1-9][0-9]{0,2}(?:\.[0-9]{3})+)(?:,[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_CODE = re.compile(r"0[0-9]+")
_SIGNS = "$€£¥%"

# Words for "no number here" that are too ambiguous to be missing in a column of words.
_GAPS = frozenset(
    {"none", "-", "--", "---", ".", "..", "na", "n.a.", "n.a", "nil", "unknown", "missing", "not available"}
    | {"#value!", "#div/0!", "#ref!"}
)  # fmt: skip

# A column of text counts as numbers if every cell that is no gap is one, or if it has many distinct numbers and nearly
# all cells are numbers: a few slips of the keyboard should not turn a measurement into thousands of categories.
_MANY = 20
_NEARLY_ALL = 0.98


def choose_number_parsing(distinct: Sequence[object]) -> str | None:
    """Name the parsing under which these distinct cells are numbers, or None if they are not.

    Whole numbers with leading zeros (007) are codes, never numbers.
    """
    cells = [text for cell in distinct if (text := level_text(cell)) and text.casefold() not in _GAPS]
    if not cells or any(_CODE.fullmatch(cell) for cell in cells):
        return None
    best, read = PLAIN, -1
    for parsing in (PLAIN, THOUSANDS, DECIMAL_COMMA):
        count = sum(not np.isnan(number(cell, parsing)) for cell in cells)
        if count > read:
            best, read = parsing, count
    if read == len(cells) or (read >= _MANY and read >= _NEARLY_ALL * len(cells)):
        return best
    return None


def number(cell: object, parsing: str = PLAIN) -> float:
    """Read one cell; NaN where it is missing, infinite or no number. `12 %` and `$12` are 12."""
    if isinstance(cell, str):
        text = cell.strip()
        if parsing == DECIMAL_COMMA or not _PLAIN.fullmatch(text):  # there 1.250 is a thousand
            text = _bare(text, parsing)
        value = float(text) if text else np.nan
    elif isinstance(cell, int | float | np.number | np.bool_ | Decimal):
        value = float(cell)
    else:
        value = np.nan
    return value if np.isfinite(value) else np.nan


def _bare(text: str, parsing: str) -> str:
    """Strip signs and separators from a number that is not plain; "" if it is none."""
    sign, text = ("-", text[1:].lstrip()) if text[:1] in {"-", "−"} else ("", text)
    text = sign + text.strip(_SIGNS).strip()
    if parsing == DECIMAL_COMMA:
        if _COMMA.fullmatch(text):
            return text.replace(".", "").replace(",", ".")
        if _SPACED.fullmatch(text):
            return re.sub(r"[ '\u00a0\u202f]", "", text).replace(",", ".")
        # A lone dot that groups nothing (3.5 among 3,5) is read as what it can only be.
        return text if _PLAIN.fullmatch(text) else ""
    if _PLAIN.fullmatch(text):
        return text
    if parsing == THOUSANDS and _GROUPED.fullmatch(text):
        return text.replace(",", "")
    if parsing == THOUSANDS and _SPACED.fullmatch(text) and "," not in text:
        return re.sub(r"[ '\u00a0\u202f]", "", text)
    return ""


def to_numbers(series: Series, parsing: str = PLAIN) -> NDArray[np.float64]:
    """Read a column as numbers, (n_rows,) float64, NaN where missing, infinite or no number; durations in seconds."""
    kind = series.dtype.kind if hasattr(series.dtype, "kind") else "O"
    if kind in "iufb":
        numbers: NDArray[Any] = series.to_numpy(dtype=np.float64, na_value=np.nan)
        infinite = np.isinf(numbers)
        return np.where(infinite, np.nan, numbers) if infinite.any() else numbers
    if kind == "m":
        durations: NDArray[np.float64] = np.asarray(series.dt.total_seconds(), dtype=np.float64)
        return durations
    return per_distinct(series, lambda cell: number(cell, parsing), np.nan, np.float64)
