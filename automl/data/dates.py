"""Cells that hold dates and times, as seconds since 1970 in UTC; times without a zone count as UTC."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl.data.cells import Series, is_missing, level_text, per_distinct

ISO = "iso"

_ISO = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?\s?(?:Z|UTC|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
# Where day and month cannot be told apart the first that fits wins: month first with slashes, day first otherwise.
# No format is of digits alone, none is shorter than a year and a month, none is like a version number (1.2.10).
_DATES = (
    "%Y/%m/%d", "%Y.%m.%d", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%m/%d/%y", "%d/%m/%y",
    "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y", "%Y-%m",
)  # fmt: skip
_TIMES = ("", " %H:%M:%S", " %H:%M", " %H:%M:%S.%f", " %I:%M:%S %p", " %I:%M %p")
_OTHERS = ("%a %b %d %H:%M:%S %Y", "%a, %d %b %Y %H:%M:%S %z", "%a %b %d %H:%M:%S %z %Y")
FORMATS = (*(day + clock for day in _DATES for clock in _TIMES), *_OTHERS)

_NEARLY_ALL = 0.95  # leaves room for 0000-00-00 and its like
_GLANCE = 20  # cells that rule out most formats
_SAMPLE = 1000
_YEARS = (1700, 2300)
_FIRST, _LAST = (datetime(year, 1, 1, tzinfo=UTC).timestamp() for year in _YEARS)
_BULK = 2000  # distinct cells from which pandas' parser repays its start
_MICRO = 1e6


def choose_date_parsing(distinct: Sequence[object]) -> str | None:
    """Return `iso`, a strptime format, or None if these distinct cells are not dates."""
    cells = [cell for cell in distinct if not is_missing(cell)][:_SAMPLE]
    if not cells:
        return None
    if all(isinstance(cell, date) for cell in cells):
        return ISO
    if not all(isinstance(cell, str | date) for cell in cells):
        return None
    best, most = None, 0
    glance = cells[:_GLANCE]
    for parsing in (ISO, *FORMATS):
        if _count(glance, parsing) >= 0.5 * len(glance) and (count := _count(cells, parsing)) > most:
            best, most = parsing, count
        if most == len(cells):
            break
    return best if most >= _NEARLY_ALL * len(cells) else None


def _count(cells: Sequence[object], parsing: str) -> int:
    return sum(_plausible(_parse(cell, parsing)) for cell in cells)


def _plausible(value: float) -> bool:
    return _FIRST <= value < _LAST


def seconds(cell: object, parsing: str = ISO) -> float:
    """Read one cell; NaN where it is missing, no date, or not between the years 1700 and 2300."""
    value = _parse(cell, parsing)
    if np.isnan(value) and parsing not in {ISO, ""}:
        value = _parse(cell, ISO)  # a sender who switches to the standard format is understood
    return value if _plausible(value) else np.nan


def _parse(cell: object, parsing: str) -> float:
    if isinstance(cell, str):
        return _iso(cell.strip()) if parsing in {ISO, ""} else _formatted(cell.strip(), parsing)
    if is_missing(cell) or not isinstance(cell, date):
        return np.nan
    return _since_epoch(cell)


def _since_epoch(moment: date) -> float:
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _iso(text: str) -> float:
    if not _ISO.fullmatch(text):
        return np.nan
    try:
        return _since_epoch(datetime.fromisoformat(text.replace("UTC", "Z").replace(" Z", "Z").replace(" +", "+")))
    except ValueError:
        return np.nan


def _formatted(text: str, parsing: str) -> float:
    try:
        return _since_epoch(datetime.strptime(text, parsing))
    except ValueError:
        return np.nan


def to_datetimes(series: Series, parsing: str = ISO) -> NDArray[np.float64]:
    """Read a column as times, (n_rows,) float64 seconds since 1970 (UTC), NaN where missing or no date.

    Numbers are never dates, save under a format of digits alone that a user asked for (`%Y%m%d`, `%Y`).
    """
    kind = series.dtype.kind if hasattr(series.dtype, "kind") else "O"
    if kind == "M":
        return _from_moments(series)
    if kind in "iuf":
        series = series.map(level_text, na_action="ignore")
    if parsing not in {ISO, ""} and len(series) > _BULK and series.nunique() > _BULK:
        text = series.map(level_text)
        moments = pd.to_datetime(text, format=parsing, errors="coerce", utc=True)
        values = _from_moments(moments)
        slips = np.isnan(values)
        values[slips] = [seconds(cell, parsing) for cell in series[slips].tolist()]
        return values
    return per_distinct(series, lambda cell: seconds(cell, parsing), np.nan, np.float64)


def _from_moments(moments: Series) -> NDArray[np.float64]:
    if getattr(moments.dtype, "tz", None) is not None:
        moments = moments.dt.tz_convert(None)
    stamps = moments.to_numpy(dtype="datetime64[us]")
    values = np.where(np.isnat(stamps), np.nan, stamps.astype(np.int64) / _MICRO)
    values[~((values >= _FIRST) & (values < _LAST))] = np.nan
    return values


def forced_date_parsing(distinct: Sequence[object]) -> str | None:
    """Choose a parsing for a column that a user calls a date, digits alone allowed; None if nothing fits."""
    found = choose_date_parsing(distinct)
    if found is None:
        texts = [level_text(cell) for cell in distinct][:_SAMPLE]
        for parsing in ("%Y%m%d", "%Y%m%d%H%M%S", "%Y%m", "%Y"):
            width = len(datetime(2000, 1, 1, tzinfo=UTC).strftime(parsing))
            fits = sum(len(text) == width and not np.isnan(seconds(text, parsing)) for text in texts)
            if fits >= _NEARLY_ALL * len(texts):
                return parsing
    return found
