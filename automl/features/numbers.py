"""Numbers on the scale that an encoding asks for, with gaps filled or kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.features.blocks import in_blocks
from automl.features.encoding import Encoding
from automl.features.quantiles import QuantileMap, fit_quantiles
from automl.storage import storable

LARGEST = float(np.finfo(np.float32).max)
"""Numbers are clipped to what float32 can hold: beyond, they would become infinite."""
MOST_ROWS = 200_000
"""Rows that scales are learned from; more would not change them."""
_SMALLEST_SCALE = float(np.finfo(np.float64).tiny)


@storable("number_encoder")
@dataclass(frozen=True, eq=False)
class NumberEncoder:
    """How to scale columns of numbers.

    `columns` (n_kept,) int64 are the input columns that are kept, `indicators` (n_indicators,) int64 those
    whose gaps get a 0/1 column. A kept number becomes (x - center) / scale, or goes through `quantiles`;
    `fill` replaces gaps before that, and sign(x) log(1 + |x| / unit) the columns whose `unit` (n_kept,) float64 is not
    0. `center`, `scale` and `fill` are (n_kept,) float64. `smooth` adds the
    soft clipping of `robust`.
    """

    columns: NDArray[np.int64]
    indicators: NDArray[np.int64]
    fill: NDArray[np.float64]
    center: NDArray[np.float64] | None
    scale: NDArray[np.float64] | None
    quantiles: QuantileMap | None
    smooth: bool
    names: tuple[str, ...]
    unit: NDArray[np.float64] | None = None

    @property
    def cardinalities(self) -> NDArray[np.int64]:
        """Numbers of codes, (n_outputs,) int64: 0, as these are numbers."""
        return np.zeros(len(self.names), dtype=np.int64)

    def transform(self, values: NDArray[np.float64]) -> NDArray[np.float32]:
        """Scale values (n_rows, n_columns) to (n_rows, n_kept + n_indicators) float32."""
        return in_blocks(self._transform, values, len(self.names), np.float32)

    def _transform(self, values: NDArray[np.float64]) -> NDArray[np.float32]:
        finite = np.isfinite(values)
        kept = np.where(np.take(finite, self.columns, axis=1), np.take(values, self.columns, axis=1), self.fill)
        kept = np.clip(kept, -LARGEST, LARGEST)
        if self.unit is not None:
            kept = logarithms(kept, self.unit)
        if self.quantiles is not None:
            kept = self.quantiles.transform(kept)
        elif self.center is not None and self.scale is not None:
            with np.errstate(over="ignore"):  # clipped right below
                kept = np.clip((kept - self.center) / self.scale, -LARGEST, LARGEST)
            if self.smooth:
                kept = kept / np.sqrt(1.0 + (kept / 3.0) ** 2)
        out = np.empty((len(values), len(self.names)), dtype=np.float32)
        out[:, : len(self.columns)] = kept
        out[:, len(self.columns) :] = ~np.take(finite, self.indicators, axis=1)
        return out


def fit_numbers(encoding: Encoding, values: NDArray[np.float64], names: tuple[str, ...]) -> NumberEncoder:
    """Fit on values (n_rows, n_columns) of training rows, at most `MOST_ROWS`, whose columns have these names."""
    if encoding.numeric == "raw" and encoding.missing == "keep":
        every, none = np.arange(len(names)), np.empty(0, dtype=np.int64)
        return NumberEncoder(every, none, np.full(len(names), np.nan), None, None, None, False, names)
    imputed = encoding.missing == "impute"
    clean = np.where(np.isfinite(values), np.clip(values, -LARGEST, LARGEST), np.nan)
    gaps = np.isnan(clean)
    order = np.sort(clean, axis=0)  # NaN last: quantiles are then positions among the first `n_present` rows
    n_present = (~gaps).sum(axis=0)
    lowest, highest = _quantile(order, n_present, 0.0), _quantile(order, n_present, 1.0)
    constant = highest - lowest < _SMALLEST_SCALE
    if not imputed:
        constant &= ~((n_present > 0) & gaps.any(axis=0))  # which cells are missing says something too
    chosen = np.arange(len(names)) if encoding.numeric == "raw" else np.flatnonzero(~constant)
    indicators = _indicators(gaps) if imputed else np.empty(0, dtype=np.int64)

    order, n_present, clean = order[:, chosen], n_present[chosen], clean[:, chosen]
    median = _quantile(order, n_present, 0.5)
    half_range = (highest[chosen] - lowest[chosen]) / 2
    center = scale = quantiles = unit = None
    if encoding.numeric == "log":
        unit = _units(clean, n_present)
        clean = logarithms(clean, unit)
        half_range = np.full(len(chosen), 0.0)
    if encoding.numeric in {"standard", "log"}:
        divisor = np.maximum(n_present, 1)
        center = np.nansum(clean, axis=0) / divisor
        scale = _usable(np.sqrt(np.nansum((clean - center) ** 2, axis=0) / divisor), half_range)
    elif encoding.numeric == "robust":
        center = median
        scale = _usable(_quantile(order, n_present, 0.75) - _quantile(order, n_present, 0.25), half_range)
    elif encoding.numeric == "quantile" and len(chosen):
        quantiles = fit_quantiles(clean)
    return NumberEncoder(
        columns=chosen.astype(np.int64),
        indicators=indicators,
        fill=median if imputed else np.full(len(chosen), np.nan),
        center=center,
        scale=scale,
        quantiles=quantiles,
        smooth=encoding.numeric == "robust",
        names=tuple(names[i] for i in chosen) + tuple(f"{names[i]} is missing" for i in indicators),
        unit=unit,
    )


def logarithms(values: NDArray[np.float64], unit: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn the columns of values (n_rows, n_columns) whose unit (n_columns,) is not 0 into signed logarithms."""
    with np.errstate(over="ignore"):  # a unit may be tiny; what overflows is clipped
        ratio = np.clip(np.abs(values) / np.where(unit > 0, unit, 1.0), 0.0, LARGEST)
    return np.where(unit > 0, np.sign(values) * np.log1p(ratio), values)


def _units(values: NDArray[np.float64], n_present: NDArray[np.int64]) -> NDArray[np.float64]:
    """Choose a unit for columns that are skewed and less so as logarithms: the median size; 0 for the others."""
    size = np.sort(np.abs(values), axis=0)
    unit = _usable(_quantile(size, n_present, 0.5), np.zeros(values.shape[1]))
    before, after = skewness(values), skewness(logarithms(values, unit))
    return np.where((np.abs(before) > 1.0) & (np.abs(after) < np.abs(before)), unit, 0.0)


def skewness(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Skewness (n_columns,) of the cells that are there, 0 where they do not vary."""
    present = np.maximum(np.isfinite(values).sum(axis=0), 1)
    largest = np.nanmax(np.abs(values), axis=0, initial=0.0)
    values = values / np.where(largest > 0, largest, 1.0)  # so that third powers stay finite
    centred = values - np.nansum(values, axis=0) / present
    variance = np.nansum(centred**2, axis=0) / present
    third = np.nansum(centred**3, axis=0) / present
    return np.where(variance > 1e-24, third / np.maximum(variance, 1e-24) ** 1.5, 0.0)


def _quantile(order: NDArray[np.float64], n_present: NDArray[np.int64], share: float) -> NDArray[np.float64]:
    """Quantiles (n_columns,) of the first `n_present` cells of sorted columns (n_rows, n_columns), or 0."""
    position = share * np.maximum(n_present - 1, 0)
    low = np.floor(position).astype(np.int64)
    high = np.ceil(position).astype(np.int64)
    columns = np.arange(order.shape[1])
    start, end = order[low, columns], order[high, columns]
    return np.where(n_present > 0, start + (position - low) * (end - start), 0.0)


def _usable(scale: NDArray[np.float64], half_range: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fall back to half the range, then to 1, where a spread is too small to divide by."""
    scale = np.where(scale < _SMALLEST_SCALE, half_range, scale)
    return np.where(scale < _SMALLEST_SCALE, 1.0, scale)


def _indicators(gaps: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Columns (n_indicators,) with gaps in some but not all rows, the first of each distinct pattern."""
    some = np.flatnonzero(gaps.any(axis=0) & ~gaps.all(axis=0))
    if not len(some):
        return some
    _, first = np.unique(np.packbits(gaps[:, some], axis=0), axis=1, return_index=True)
    return np.sort(some[first])
