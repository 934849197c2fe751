"""Dates as numbers: calendar parts, elapsed days, and differences between columns."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from automl.storage import storable

MOST_PAIRS = 15
"""Differences are taken between the first six datetime columns only."""
_DAY = 86_400.0
_EARLIEST, _LATEST = -62_135_596_800.0, 253_402_300_799.0  # the years 1 to 9999, in seconds since 1970
_PARTS = ("year", "month", "day", "weekday", "hour", "day of year", "weekend", "elapsed days")


@storable("date_encoder")
@dataclass(frozen=True, eq=False)
class DateEncoder:
    """`origins` (n_columns,) float64 are the earliest training seconds, `pairs` (n_pairs, 2) int64 the differences.

    `chosen` (n_kept,) int64 are the outputs that varied in training, among all parts of all columns and all
    differences.
    """

    origins: NDArray[np.float64]
    pairs: NDArray[np.int64]
    chosen: NDArray[np.int64]
    names: tuple[str, ...]

    def transform(self, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn UTC seconds (n_rows, n_columns) into numbers (n_rows, n_kept) float64, NaN where missing."""
        return np.take(_expand(seconds, self.origins, self.pairs), self.chosen, axis=1)


def fit_dates(seconds: NDArray[np.float64], names: tuple[str, ...]) -> DateEncoder | None:
    """Fit on the training rows' seconds (n_rows, n_columns); None where nothing varies."""
    present = np.isfinite(seconds)
    earliest = np.where(present, seconds, np.inf).min(axis=0, initial=np.inf)
    origins = np.where(np.isfinite(earliest), earliest, 0.0)
    pairs = (
        list(combinations(range(len(names)), 2))[:MOST_PAIRS] if len(names) <= 6 else list(combinations(range(6), 2))
    )
    differences = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    everything = _expand(seconds, origins, differences)
    gaps = np.isnan(everything)
    low = np.where(gaps, np.inf, everything).min(axis=0, initial=np.inf)
    high = np.where(gaps, -np.inf, everything).max(axis=0, initial=-np.inf)
    chosen = np.flatnonzero(high > low)
    if not len(chosen):
        return None
    outputs = [f"{name} {part}" for name in names for part in _PARTS]
    outputs += [f"{names[left]} minus {names[right]}" for left, right in pairs]
    return DateEncoder(origins, differences, chosen, tuple(outputs[i] for i in chosen))


def _expand(
    seconds: NDArray[np.float64], origins: NDArray[np.float64], pairs: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Parts of all columns, then differences in seconds: (n_rows, n_columns * n_parts + n_pairs) float64."""
    present = np.isfinite(seconds)
    at = np.clip(np.where(present, seconds, 0.0), _EARLIEST, _LATEST)
    whole = np.floor(at).astype("datetime64[s]")
    day, month, year = (whole.astype(f"datetime64[{unit}]") for unit in "DMY")
    weekday = (day.astype(np.int64) + 3) % 7  # 1970 began on a Thursday; Monday is 0
    parts = np.stack(
        [
            year.astype(np.int64) + 1970,
            month.astype(np.int64) % 12 + 1,
            (day - month.astype("datetime64[D]")).astype(np.int64) + 1,
            weekday,
            np.floor(at % _DAY / 3600.0),
            (day - year.astype("datetime64[D]")).astype(np.int64) + 1,
            weekday >= 5,
            (at - origins) / _DAY,
        ],
        axis=-1,
    ).astype(np.float64)
    parts[~present] = np.nan
    known = np.where(present, at, np.nan)
    gaps = known[:, pairs[:, 0]] - known[:, pairs[:, 1]]
    return np.concatenate([parts.reshape(len(seconds), seconds.shape[1] * len(_PARTS)), gaps], axis=1)
