"""Dates as numbers: calendar parts, days since the newest, differences between columns, and places in cycles."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from automl.data.sampling import sample_rows
from automl.features.blocks import in_blocks
from automl.storage import storable

MOST_PAIRS = 15
"""Differences are taken between the first six datetime columns only."""
MOST_ROWS = 200_000
"""Rows that show which outputs vary."""
_DAY = 86_400.0
_EARLIEST, _LATEST = -62_135_596_800.0, 253_402_300_799.0  # the years 1 to 9999, in seconds since 1970
PARTS = ("year", "month", "day", "weekday", "hour", "day of year", "weekend", "days since newest")
CYCLES = {"day": 1.0, "week": 7.0, "year": 365.2425}
"""Lengths in days of what `cyclic` dates go round in."""
_MONDAY = 4.0  # days from Thursday, the first of January 1970


@storable("date_encoder")
@dataclass(frozen=True, eq=False)
class DateEncoder:
    """`origins` (n_columns,) float64 are the latest training seconds, `pairs` (n_pairs, 2) int64 the differences.

    `chosen` (n_kept,) int64 are the outputs that varied in training, among all parts of all columns, all differences,
    and all cycles of all columns.
    """

    origins: NDArray[np.float64]
    pairs: NDArray[np.int64]
    chosen: NDArray[np.int64]
    names: tuple[str, ...]
    cyclic: bool = False

    def transform(self, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn UTC seconds (n_rows, n_columns) into numbers (n_rows, n_kept) float64, NaN where missing."""
        return in_blocks(self._transform, seconds, len(self.names), np.float64)

    def _transform(self, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        everything = _expand(seconds, self.origins, self.pairs)
        if self.cyclic:
            everything = np.concatenate([everything, _cycles(seconds)], axis=1)
        return np.take(everything, self.chosen, axis=1)

    @property
    def columns(self) -> list[tuple[int, ...]]:
        """Positions of the datetime columns that each output is made of."""
        n = len(self.origins)
        made = [(i,) for i in range(n) for _ in PARTS] + [(int(a), int(b)) for a, b in self.pairs]
        made += [(i,) for i in range(n) for _ in range(2 * len(CYCLES))]
        return [made[i] for i in self.chosen]


def fit_dates(seconds: NDArray[np.float64], names: tuple[str, ...], cyclic: bool = False) -> DateEncoder | None:
    """Fit on the training rows' seconds (n_rows, n_columns); None where nothing varies."""
    present = np.isfinite(seconds)
    latest = np.where(present, seconds, -np.inf).max(axis=0, initial=-np.inf)
    newest = np.where(np.isfinite(latest), latest, 0.0)
    pairs = (
        list(combinations(range(len(names)), 2))[:MOST_PAIRS] if len(names) <= 6 else list(combinations(range(6), 2))
    )
    differences = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    seconds = seconds[sample_rows(len(seconds), MOST_ROWS, seed=0)]
    everything = _expand(seconds, newest, differences)
    if cyclic:
        everything = np.concatenate([everything, _cycles(seconds)], axis=1)
    gaps = np.isnan(everything)
    low = np.where(gaps, np.inf, everything).min(axis=0, initial=np.inf)
    high = np.where(gaps, -np.inf, everything).max(axis=0, initial=-np.inf)
    chosen = np.flatnonzero(high > low)
    if not len(chosen):
        return None
    outputs = [f"{name} {part}" for name in names for part in PARTS]
    outputs += [f"{names[left]} minus {names[right]}" for left, right in pairs]
    outputs += [f"{name} {wave} of {cycle}" for name in names for cycle in CYCLES for wave in ("sine", "cosine")]
    return DateEncoder(newest, differences, chosen, tuple(outputs[i] for i in chosen), cyclic)


def _cycles(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sine and cosine of each cycle of each column, (n_rows, n_columns * n_cycles * 2) float64."""
    days = np.where(np.isfinite(seconds), np.clip(seconds, _EARLIEST, _LATEST), np.nan) / _DAY
    angles = 2 * np.pi * np.stack([(days - _MONDAY) / length for length in CYCLES.values()], axis=-1)
    waves = np.stack([np.sin(angles), np.cos(angles)], axis=-1)
    return waves.reshape(len(seconds), seconds.shape[1] * 2 * len(CYCLES))


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
    return np.concatenate([parts.reshape(len(seconds), seconds.shape[1] * len(PARTS)), gaps], axis=1)
