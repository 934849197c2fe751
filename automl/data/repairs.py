"""Repairs of cells: learned on the training rows, stored in the schema, and replayed on every table to come.

A repair is a frozen value that turns a column of raw cells into a column of raw cells; what the cells mean is decided
after it, by `infer_schema`. None is applied unless a user asks for it by its name in `REPAIRS`.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from automl.data.cells import Series, level_text, per_distinct
from automl.data.dates import seconds
from automl.data.numeric import PLAIN, number, to_numbers
from automl.errors import unknown
from automl.storage import storable

REPAIRS = {
    "hidden": "read stand-ins for a missing value (-999, unknown) as missing",
    "numbers": "read the few words in a column of numbers as missing",
    "spellings": "give categories that differ in case, blanks or punctuation one spelling",
    "typos": "replace rare categories that are one edit away from a frequent one by it",
    "units": "read cells such as '12 kg' and '900 g' as numbers of one unit",
    "dates": "read dates that are written in several formats",
    "outliers": "clip numbers far outside the bulk of their column to its fences",
    "duplicates": "keep one of the training rows that are the same in every column",
    "correlated": "drop columns that say nearly the same as an earlier one",
    "leaks": "drop columns that give the target away",
}
"""The repairs that can be asked for by name, and what each does."""


class Repair(ABC):
    """Changes the raw cells of one column."""

    @abstractmethod
    def apply(self, series: Series) -> Series:
        """Return the repaired column, of the same length and index; the one given stays as it is."""


def known_repairs(names: Iterable[str]) -> tuple[str, ...]:
    """Check the names of repairs; raise `OptionError` for an unknown one."""
    names = tuple(dict.fromkeys(names))
    for name in names:
        if name not in REPAIRS:
            raise unknown("repair", name, REPAIRS)
    return names


def repaired(series: Series, repairs: Iterable[Repair]) -> Series:
    """Apply repairs in their order."""
    for repair in repairs:
        series = repair.apply(series)
    return series


@storable("repair_blank")
@dataclass(frozen=True)
class Blank(Repair):
    """Cells that stand for a missing value, as `level_text` spells them, become missing."""

    cells: tuple[str, ...]

    def apply(self, series: Series) -> Series:
        """Return the column with gaps in their place."""
        texts = frozenset(self.cells)
        return _mapped(series, lambda cell: None if level_text(cell) in texts else cell)


@storable("repair_only_numbers")
@dataclass(frozen=True)
class OnlyNumbers(Repair):
    """Cells that are no number under a parsing become missing, the others numbers."""

    parsing: str = PLAIN

    def apply(self, series: Series) -> Series:
        """Return the column as float64."""
        return pd.Series(to_numbers(series, self.parsing), index=series.index, name=series.name)


@storable("repair_respell")
@dataclass(frozen=True)
class Respell(Repair):
    """Spellings become the frequent one of their kind; `pairs` are (key, spelling), matched by cell, then by key.

    A new variant that differs in case, blanks or punctuation only is understood at prediction as well.
    """

    pairs: tuple[tuple[str, str], ...]

    @cached_property
    def _spellings(self) -> dict[str, str]:
        return dict(self.pairs)

    def apply(self, series: Series) -> Series:
        """Return the column with one spelling a category."""

        def respelled(cell: object) -> object:
            text = level_text(cell)
            return self._spellings.get(text) or self._spellings.get(spelling_key(text), cell)

        return _mapped(series, respelled)


@storable("repair_units")
@dataclass(frozen=True)
class Units(Repair):
    """Numbers with a unit become numbers; `factors` are (unit in lower case, multiplier), "" for cells without one."""

    factors: tuple[tuple[str, float], ...]
    parsing: str = PLAIN

    @cached_property
    def _factors(self) -> dict[str, float]:
        return dict(self.factors)

    def apply(self, series: Series) -> Series:
        """Return the column as float64 in one unit."""

        def value(cell: object) -> float:
            parts = split_unit(level_text(cell))
            return number(parts[0], self.parsing) * self._factors.get(parts[1], np.nan) if parts else np.nan

        numbers = per_distinct(series, value, np.nan, np.float64)
        return pd.Series(numbers, index=series.index, name=series.name)


@storable("repair_dates")
@dataclass(frozen=True)
class Dates(Repair):
    """Dates in any of several formats become moments; the first format that fits a cell wins."""

    formats: tuple[str, ...]

    def apply(self, series: Series) -> Series:
        """Return the column as datetime64[us] (UTC, without a zone)."""

        def moment(cell: object) -> float:
            for parsing in self.formats:
                if not np.isnan(value := seconds(cell, parsing)):
                    return value
            return np.nan

        values = per_distinct(series, moment, np.nan, np.float64)
        stamps = pd.to_datetime(np.round(values * 1e6), unit="us").astype("datetime64[us]")
        return pd.Series(stamps, index=series.index, name=series.name)


@storable("repair_clip")
@dataclass(frozen=True)
class Clip(Repair):
    """Numbers outside [low, high] become the nearer bound."""

    low: float
    high: float
    parsing: str = PLAIN

    def apply(self, series: Series) -> Series:
        """Return the column as float64."""
        numbers = np.clip(to_numbers(series, self.parsing), self.low, self.high)
        return pd.Series(numbers, index=series.index, name=series.name)


_BETWEEN_LETTERS = re.compile(r"(?<=[^\W\d_])[\s_\-./'’]+(?=[^\W\d_])")
_BLANKS = re.compile(r"\s+")


def spelling_key(text: str) -> str:
    """What spellings of one category share: no case, no blanks or punctuation between letters or at the end.

    Signs around a word mean something ("A+", ">50K", "C#") and stay, and so does punctuation between digits.
    """
    text = _BETWEEN_LETTERS.sub("", _BLANKS.sub(" ", text.strip()).casefold())
    return text.rstrip(".,;: ") or text


_WITH_UNIT = re.compile(
    r"([+\-−]?[0-9][0-9.,' \u00a0]*?(?:[eE][+-]?[0-9]+)?)"  # a number in any spelling that `number` may read
    r"[ \u00a0]*"
    r"([^\W\d_µ°][^\W_]*(?:[/^.][^\W_]+)?|[µ°][^\W\d_]*)?\.?"  # kg, km/h, cm3, °C
)
_LONGEST = 40  # characters; no number with a unit is longer


def split_unit(text: str) -> tuple[str, str] | None:
    """Cut '12.5 kg' into ('12.5', 'kg'), the unit in lower case and "" without one; None if it is no such cell."""
    found = _WITH_UNIT.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    return None if found is None else (found[1].strip(), (found[2] or "").casefold())


def _mapped(series: Series, change: Callable[[object], object]) -> Series:
    cells = per_distinct(series, change, None, np.object_)
    return pd.Series(cells, index=series.index, name=series.name, dtype=object).infer_objects()
