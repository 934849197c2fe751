"""Why a column teaches nothing: it is empty, constant, or numbers the rows."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from automl.data.numeric import to_numbers
from automl.data.roles import name_words, words
from automl.data.schema import Column, Role
from automl.data.sketch import Sketch

_FEWEST_ROWS = 20  # in fewer rows any measurement may be all distinct
_ID_NAMES = frozenset({"id", "ids", "uuid", "guid", "key", "index", "idx", "row", "rownum", "rowid", "serial"})
_DENSE = 0.5  # share of its range that a row number uses up, so that dropped rows may leave gaps
_YEARS = (1500, 2200)
_HEX = re.compile(r"[0-9a-fA-F-]+")
_LONG_CODE = 40
_NEARLY_ALL = 0.99  # tables with duplicated rows repeat identifiers


def why_useless(sketch: Sketch, column: Column) -> str:
    """Say why a column should be dropped; "" if it should stay.

    - No cell, or the same in every row. (The same in some and missing in others tells rows apart.)
    - Row numbers: whole numbers, all distinct, either counting up or down without many gaps, or in a column whose name
      says so (`id`, `customer_id`). Years are none. Measurements that happen to be distinct are in no order.
    - Codes of one word, all distinct.
    """
    if not sketch.n_present:
        return "has no value in any row"
    complete = sketch.n_present == len(sketch.series)
    if sketch.hashable and sketch.n_distinct == 1 and complete:
        return f"has the same value in every row ({str(sketch.distinct[0])[:40]})"
    if not complete or sketch.n_present < _FEWEST_ROWS or not sketch.hashable:
        return ""
    if column.role is Role.NUMERIC and sketch.n_distinct == sketch.n_present:
        return _row_number(to_numbers(sketch.series, column.parsing), column.name)
    if column.role in {Role.CATEGORICAL, Role.TEXT} and sketch.share_distinct >= _NEARLY_ALL:
        return _row_code(sketch)
    return ""


def _row_number(numbers: NDArray[np.float64], name: str) -> str:
    if np.isnan(numbers).any() or (numbers != np.floor(numbers)).any():
        return ""
    low, high = float(numbers.min()), float(numbers.max())
    if _YEARS[0] <= low and high <= _YEARS[1] and high - low > 0 and "id" not in name_words(name):
        return ""
    if set(name_words(name)[-1:]) & _ID_NAMES:
        return "identifies rows: whole numbers, all distinct, and its name says so"
    steps = np.diff(numbers)
    if ((steps > 0).all() or (steps < 0).all()) and len(numbers) >= _DENSE * (high - low + 1):
        return "numbers the rows: whole numbers that count in one direction"
    return ""


def _row_code(sketch: Sketch) -> str:
    texts = sketch.texts
    single = sum(words(text) == 1 for text in texts) >= _NEARLY_ALL * len(texts)
    short = sum(len(text) <= _LONG_CODE or bool(_HEX.fullmatch(text)) for text in texts) >= _NEARLY_ALL * len(texts)
    if single and short:
        return "identifies rows: codes of one word, all distinct"
    # "Row 17" and "PC 17599": two words at most, each with a number.
    numbered = sum(words(text) <= 2 and any(c.isdigit() for c in text) for text in texts)
    if short and numbered >= _NEARLY_ALL * len(texts):
        return "identifies rows: numbered codes, all distinct"
    return ""
