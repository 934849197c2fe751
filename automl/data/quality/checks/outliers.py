"""Numbers far outside the bulk of their column, and infinite ones."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from automl.data.quality.check import Check
from automl.data.quality.finding import Finding, Fix, Severity
from automl.data.quality.subject import Subject
from automl.data.quality.words import count, figure, percent
from automl.data.repairs import Clip
from automl.data.schema import Role

_FAR_OUT = 3.0  # interquartile ranges beyond the quartiles: "far out" in Tukey, Exploratory Data Analysis (1977)
_MOST = 0.01  # more than this is a heavy tail, not a slip
_FEWEST_DISTINCT = 10
_FEW_STEPS = 50  # whole numbers in a range this short are grades or small counts, none of which is far


def _find(subject: Subject) -> Iterator[Finding]:
    for column in subject.columns(Role.NUMERIC):
        series = subject.cells(column.name)
        if getattr(series.dtype, "kind", "O") == "f":
            infinite = np.isinf(series.to_numpy(dtype=np.float64, na_value=np.nan))
            if infinite.any():
                yield Finding(
                    "outliers",
                    Severity.WARNING,
                    f"holds {count(int(infinite.sum()), 'infinite value')}",
                    column.name,
                    rows=subject.where(infinite, 5),
                    done="read as missing",
                )
        numbers = subject.numbers(column)
        bounds = fences(numbers[~np.isnan(numbers)])
        if bounds is None:
            continue
        low, high = bounds
        beyond = (numbers < low) | (numbers > high)
        n = int(beyond.sum())
        if 0 < n <= max(1, _MOST * subject.n_rows):
            values = numbers[beyond]
            extreme = values[np.argsort(-np.abs(values - (low + high) / 2))][:3]
            yield Finding(
                "outliers",
                Severity.NOTE,
                f"{count(n, 'value lies', 'values lie')} far outside the rest ({percent(n / subject.n_rows)})",
                column.name,
                evidence=(
                    f"such as {', '.join(figure(float(v)) for v in extreme)}; the rest lies between "
                    f"{figure(float(np.nanmin(numbers[~beyond])))} and {figure(float(np.nanmax(numbers[~beyond])))}",
                ),
                rows=subject.where(beyond, 5),
                advice="look whether they are slips; families that suffer from them scale by quantiles",
                fix=Fix("outliers", Clip(low, high, column.parsing)),
            )


def fences(values: NDArray[np.float64]) -> tuple[float, float] | None:
    """Bounds beyond which a number of values (n,) is far out both as it is and on a logarithmic scale; None for none.

    A long tail alone, as of incomes, is no outlier: on the logarithmic scale it ends. Where values are negative too the
    scale is that of the distance to the median.
    """
    if len(values) < 20 or len(np.unique(values)) < _FEWEST_DISTINCT:
        return None
    median = float(np.median(values))
    low, high = _tukey(values)
    counted = bool((values == np.floor(values)).all()) and np.ptp(values) <= _FEW_STEPS
    if low == high or counted:
        return None
    if values.min() >= 0:  # amounts and counts: zeros are not on a logarithmic scale, and small ones never far out
        return low, max(high, float(np.exp(_tukey(np.log(values[values > 0]))[1])))
    scale = (high - low) / (2 * _FAR_OUT + 1)  # the interquartile range
    logs = np.sign(values - median) * np.log1p(np.abs(values - median) / scale)
    log_low, log_high = _tukey(logs)
    return min(low, float(median - scale * np.expm1(-log_low))), max(high, float(median + scale * np.expm1(log_high)))


def _tukey(values: NDArray[np.float64]) -> tuple[float, float]:
    first, third = np.percentile(values, [25, 75])
    return float(first - _FAR_OUT * (third - first)), float(third + _FAR_OUT * (third - first))


CHECK = Check("outliers", "Outliers", _find, ("outliers",))
