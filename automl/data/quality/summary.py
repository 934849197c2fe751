"""A column in a few figures and the bars of its distribution."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl.data.cells import Series, level_text, per_distinct
from automl.data.dates import to_datetimes
from automl.data.numeric import to_numbers
from automl.data.quality.subject import OutOfTime, Subject
from automl.data.quality.words import figure, short
from automl.data.schema import Column, Role
from automl.task import Task

_BINS = 24
_LEVELS = 8
_MOST_COLUMNS = 1000


@dataclass(frozen=True)
class Bar:
    """Rows in a bin or of a level. `tone` in [0, 1] is the mean target there, as a rank; None where there is none."""

    label: str
    count: int
    tone: float | None = None


@dataclass(frozen=True)
class ColumnSummary:
    """A column: role and why, cells missing and distinct among the `n_rows` looked at, and its distribution.

    `shape` says what the bars are: `numbers`, `dates` and `lengths` (characters) in order, `levels` by frequency with
    what is left over in `others`, or `none`. `facts` are figures in words, such as the median.
    """

    name: str
    role: str
    reason: str
    n_rows: int
    missing: int
    distinct: int
    shape: str = "none"
    bars: tuple[Bar, ...] = ()
    others: int = 0
    facts: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> ColumnSummary:
        """Read a summary back."""
        bars = tuple(Bar(**bar) for bar in value["bars"])
        return cls(**{**value, "bars": bars, "facts": tuple((str(k), str(v)) for k, v in value["facts"])})


def summarise(subject: Subject) -> Iterator[ColumnSummary]:
    """Summaries of the target, where there is one, and of the input columns, as far as time allows."""
    task = subject.task
    tone = _tone(subject)
    if task is not None:
        role = Role.CATEGORICAL if task.is_classification else Role.NUMERIC
        values = None if task.is_classification else np.asarray(subject.y, dtype=np.float64)
        yield _summary(subject, Column(task.target, role, "the target: " + task.reason), None, values, "target")
    try:
        for position, column in enumerate(subject.columns()):
            if position >= _MOST_COLUMNS:
                return
            yield _summary(subject, column, tone, None, column.role.value)
    except OutOfTime:
        return


def _summary(
    subject: Subject, column: Column, tone: NDArray[np.float64] | None, values: NDArray[np.float64] | None, role: str
) -> ColumnSummary:
    series, sketch = subject.cells(column.name), subject.sketch(column.name)
    shape, others = "none", 0
    bars: tuple[Bar, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    kind = _natural(column, series)
    if not sketch.n_present:
        pass
    elif kind in {Role.NUMERIC, Role.DATETIME}:
        if values is None:
            read = to_datetimes if kind is Role.DATETIME else to_numbers
            values = read(series, column.parsing)
        shape = "dates" if kind is Role.DATETIME else "numbers"
        bars, facts = _histogram(values, tone, dates=kind is Role.DATETIME)
    elif kind in {Role.CATEGORICAL, Role.BOOLEAN}:
        shape = "levels"
        bars, others = _levels(series, tone)
    elif sketch.hashable:
        shape = "lengths"
        lengths = per_distinct(series, lambda cell: len(level_text(cell)) or np.nan, np.nan, np.float64)
        bars, _ = _histogram(lengths, tone)
        facts = (("example", short(sketch.distinct[0])), ("characters", figure(float(np.nanmedian(lengths)))))
    return ColumnSummary(
        name=column.name,
        role=role,
        reason=column.reason,
        n_rows=subject.n_rows,
        missing=int(subject.missing(column.name).sum()),
        distinct=sketch.n_distinct,
        shape=shape,
        bars=bars,
        others=others,
        facts=facts,
    )


def _natural(column: Column, series: Series) -> Role:
    """How to draw a column; ignored ones by their dtype."""
    if column.role is not Role.DROPPED:
        return column.role
    return Role.NUMERIC if getattr(series.dtype, "kind", "O") in "iuf" else Role.TEXT


def _tone(subject: Subject) -> NDArray[np.float64] | None:
    """The target of each row as a number in [0, 1], (n_looked_at,): 1 for the second label, ranks for values."""
    if subject.task is None or subject.y is None or (subject.task.is_classification and subject.task.n_outputs > 2):
        return None
    if subject.task.is_classification:
        return subject.y.astype(np.float64)
    return np.asarray(pd.Series(subject.y).rank(pct=True), dtype=np.float64)


def tone_words(task: Task | None) -> str:
    """What the tone of a bar is, "" where bars have none."""
    if task is None or task.n_outputs > 2:
        return ""
    return f"share of {task.target} = {task.labels[1]}" if task.is_classification else f"mean rank of {task.target}"


def _histogram(
    values: NDArray[np.float64], tone: NDArray[np.float64] | None, *, dates: bool = False
) -> tuple[tuple[Bar, ...], tuple[tuple[str, str], ...]]:
    present = ~np.isnan(values)
    if not present.any():
        return (), ()
    inside = values[present]
    low, high = float(inside.min()), float(inside.max())
    bounds = (low, high)
    whole = bool((inside == np.floor(inside)).all()) and not dates
    n_bins = int(high - low) + 1 if whole and high - low < _BINS else _BINS
    if whole and high - low < _BINS:
        bounds = (low - 0.5, high + 0.5)
    elif not np.all(np.diff(np.linspace(low, high, _BINS + 1)) > 0):  # one value, or too close for a float to divide
        n_bins, bounds = 1, (low, np.nextafter(high, np.inf))
    edges = np.linspace(*bounds, n_bins + 1)
    where = np.clip(np.searchsorted(edges, inside, side="right") - 1, 0, n_bins - 1)
    sums = None if tone is None else np.bincount(where, weights=tone[present], minlength=n_bins)
    counts = np.bincount(where, minlength=n_bins)

    def text(value: float) -> str:
        return str(pd.Timestamp(value, unit="s").date()) if dates else figure(value)

    def label(i: int) -> str:
        if whole and n_bins > 1 and edges[i + 1] - edges[i] <= 1.0:
            return figure(round((edges[i] + edges[i + 1]) / 2))
        return f"{text(float(edges[i]))} to {text(float(edges[i + 1]))}"

    bars = tuple(
        Bar(label(i), int(counts[i]), None if sums is None or not counts[i] else round(float(sums[i] / counts[i]), 3))
        for i in range(n_bins)
    )
    middle = float(np.median(inside))
    return bars, (("min", text(low)), ("median", text(middle)), ("max", text(high)))


def _levels(series: Series, tone: NDArray[np.float64] | None) -> tuple[tuple[Bar, ...], int]:
    texts = per_distinct(series, level_text, "", np.object_)
    codes, levels = pd.factorize(texts)
    counts = np.bincount(codes, minlength=len(levels))
    sums = None if tone is None else np.bincount(codes, weights=tone, minlength=len(levels))
    order = [i for i in np.argsort(-counts, kind="stable").tolist() if levels[i] != ""]
    bars = tuple(
        Bar(short(levels[i]), int(counts[i]), None if sums is None else round(float(sums[i] / counts[i]), 3))
        for i in order[:_LEVELS]
    )
    return bars, int(sum(counts[i] for i in order[_LEVELS:]))
