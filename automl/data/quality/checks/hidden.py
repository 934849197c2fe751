"""Values that stand for a missing one: -999 among heights, "unknown" among colours."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from automl.data.cells import level_text
from automl.data.quality.check import Check
from automl.data.quality.finding import Finding, Fix, Severity
from automl.data.quality.subject import Subject
from automl.data.quality.words import count, listed, percent
from automl.data.repairs import Blank
from automl.data.schema import Column, Role

# Numbers that people type where there is none; each counts only if it stands apart from all other values.
_STAND_INS = frozenset(
    {-1.0, -9.0, -99.0, -999.0, -9999.0, -99999.0, -999999.0, 999.0, 9999.0, 99999.0, 999999.0, 9999999.0}
    | {-88.0, -888.0, -8888.0, 888.0, 8888.0, -77.0, -777.0, -7777.0}
)  # fmt: skip
_APART = 1.0  # as a multiple of the range of all other values
_MINUS_ONE_SHARE = 0.01  # -1 among numbers of at least 0 is one more step down, so it must be frequent to count
_FEWEST = 2
_FEWEST_OTHERS = 5  # distinct other values
_WORDS = frozenset(
    {"unknown", "missing", "none", "nil", "n.a.", "n.a", "not available", "not applicable", "not known", "undefined"}
    | {"unspecified", "not specified", "no data", "nodata", "no answer", "tbd", "tba", "-", "--", "---", ".", "..", "…"}
    | {"x", "xx", "xxx", "??", "???", "#value!", "#ref!", "#div/0!", "-1", "-99", "-999", "-9999", "(blank)", "blank"}
    | {"not_applicable", "not_available", "not_known", "no_data", "empty", "(empty)", "(none)", "[none]"}
)  # fmt: skip


def _find(subject: Subject) -> Iterator[Finding]:
    for column in subject.columns(Role.NUMERIC):
        if len(found := _stand_ins(subject.numbers(column))):
            yield _finding(subject, column, tuple(level_text(float(value)) for value in found))
    for column in subject.columns(Role.CATEGORICAL, Role.BOOLEAN, Role.TEXT):
        sketch = subject.sketch(column.name)
        if not sketch.hashable or sketch.kind != "O":
            continue
        words = {level_text(cell) for cell in sketch.distinct}
        hidden = sorted(word for word in words if word.casefold() in _WORDS)
        if hidden and len(words) > len(hidden) and (column.role is not Role.BOOLEAN or len(words) > 2):
            yield _finding(subject, column, tuple(hidden))


def _stand_ins(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values in `_STAND_INS` that are farther from all others than those are from each other."""
    values, counts = np.unique(numbers[~np.isnan(numbers)], return_counts=True)
    suspect = np.array([value in _STAND_INS for value in values.tolist()], dtype=bool) & (counts >= _FEWEST)
    others = values[~suspect]
    if not suspect.any() or len(others) < _FEWEST_OTHERS:
        return values[:0]
    low, high = others[0], others[-1]
    beyond = np.maximum(low - values, values - high)
    apart = beyond > _APART * (high - low)
    if low >= 0:
        apart |= (values == -1.0) & (counts >= _MINUS_ONE_SHARE * counts.sum())
        apart |= (values < -1.0) & (beyond > 0)  # a code below zero where nothing else is negative
    found: NDArray[np.float64] = values[suspect & apart]
    return found


def _finding(subject: Subject, column: Column, cells: tuple[str, ...]) -> Finding:
    codes, _ = subject.codes(column.name)
    texts = subject.cells(column.name).map(level_text, na_action="ignore")
    mask = texts.isin(cells).to_numpy(dtype=bool)
    n = int(mask.sum())
    numeric = column.role is Role.NUMERIC
    return Finding(
        "hidden",
        Severity.WARNING if numeric else Severity.NOTE,
        f"{listed(cells)} may stand for a missing value ({count(n, 'cell')}, {percent(n / len(codes))})",
        column.name,
        rows=subject.where(mask, 5),
        done="" if numeric else "kept as a category of its own",
        advice="read these cells as missing, if that is what they mean",
        fix=Fix("hidden", Blank(cells)),
    )


CHECK = Check("hidden", "Hidden missing values", _find, ("hidden",))
