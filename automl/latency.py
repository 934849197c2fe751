"""What a fitted model costs to use: how long a single row takes, warm, and how large its folder is."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from automl.artifact_files import files_in
from automl.data.apply import to_table
from automl.fitted import FittedModel

if TYPE_CHECKING:
    import pandas as pd

ROWS = 20
"""Rows that are timed, one at a time."""
SECONDS = 0.4  # for all of them; a slow model is timed on fewer
_ROWS_ALONE, _SECONDS_ALONE = 4, 0.05  # likewise, for each member by itself

T = TypeVar("T")


@dataclass(frozen=True)
class Sample:
    """Rows as a user hands them in: the cells of a table, at least one row, and the folder of its images."""

    frame: pd.DataFrame
    folder: Path | None = None

    @classmethod
    def of(cls, frame: pd.DataFrame, columns: Sequence[str], folder: Path | None = None) -> Sample:
        """Take these columns of rows that are spread over a table."""
        rows = np.unique(np.linspace(0, len(frame) - 1, ROWS).astype(np.int64))
        return cls(frame.iloc[rows].rename(columns=str)[list(columns)].reset_index(drop=True), folder)

    def rows(self, most: int) -> Iterator[pd.DataFrame]:
        """Yield so many single rows, in turn."""
        for row in islice(cycle(range(len(self.frame))), most):
            yield self.frame.iloc[[row]]


def row_seconds(fitted: FittedModel, sample: Sample, most: int = ROWS) -> float:
    """Return the median seconds of a single row, from its cells to its prediction, once the model is warm.

    At most so many rows are timed.
    """

    def predict(row: pd.DataFrame) -> object:
        return fitted.predict_frame(row, sample.folder)

    return _median_seconds(predict, sample.rows(most + 1), SECONDS)


def member_seconds(fitted: FittedModel, sample: Sample) -> dict[int, float]:
    """Return what each member adds to a single row, in seconds by trial number; encoding is part of it."""
    tables = [to_table(row, fitted.schema, folder=sample.folder) for row in sample.rows(_ROWS_ALONE + 1)]
    alone = {member.number: replace(fitted, members=(member,)) for member in fitted.members}
    return {number: _median_seconds(one.predict_members, tables, _SECONDS_ALONE) for number, one in alone.items()}


def folder_bytes(folder: Path) -> int:
    """Return the bytes of a model folder's files."""
    return sum((folder / name).stat().st_size for name in files_in(folder))


def _median_seconds(call: Callable[[T], object], items: Sequence[T] | Iterator[T], seconds: float) -> float:
    """Time one call an item, the first one unseen, until the seconds are used up."""
    items = iter(items)
    call(next(items))
    times: list[float] = []
    for item in items:
        started = time.perf_counter()
        call(item)
        times.append(time.perf_counter() - started)
        if sum(times) > seconds:
            break
    return statistics.median(times)
