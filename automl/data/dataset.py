"""The dataset that a search learns from, and the few numbers that describe it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.data.foldcount import holdout_share
from automl.data.schema import Role, Schema
from automl.data.table import Table
from automl.data.weights import weights_at
from automl.task import Task


@dataclass(frozen=True)
class Dataset:
    """Rows to learn from.

    `y` is (n_rows,): int64 positions in `task.labels`, or float64 values. `weights` (n_rows,) float64, `groups`
    (n_rows,) int64 and `times` (n_rows,) float64 are None where the user gave none.
    """

    table: Table
    y: NDArray[np.int64] | NDArray[np.float64]
    schema: Schema
    task: Task
    weights: NDArray[np.float64] | None = None
    groups: NDArray[np.int64] | None = None
    times: NDArray[np.float64] | None = None

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.table.n_rows

    def take(self, rows: NDArray[np.int64]) -> Dataset:
        """Return the rows at these positions, in this order."""
        return Dataset(
            table=self.table.take(rows),
            y=self.y[rows],
            schema=self.schema,
            task=self.task,
            weights=weights_at(self.weights, rows),
            groups=None if self.groups is None else self.groups[rows],
            times=None if self.times is None else self.times[rows],
        )


@dataclass(frozen=True)
class Profile:
    """A few numbers about a dataset; search spaces may scale with them and stay fixed for a run.

    `columns` counts columns by role. `max_levels` is the largest number of levels of a categorical column.
    `rarest` is the number of rows of the rarest label (n_rows for regression). `missing` is the share of missing cells
    among numeric and categorical ones, in [0, 1]. `seconds` is the time limit of the run, None without one, and `folds`
    how many fits judge one configuration.
    """

    n_rows: int
    n_outputs: int
    columns: tuple[tuple[Role, int], ...]
    max_levels: int = 0
    rarest: int = 0
    missing: float = 0.0
    seconds: float | None = None
    folds: int = 8

    @property
    def fit_rows(self) -> int:
        """About how many rows one fit trains on."""
        held_out = 1 / self.folds if self.folds > 1 else holdout_share(max(1, self.n_rows))
        return int(self.n_rows * (1 - held_out))

    def count(self, *roles: Role) -> int:
        """Count the columns that have one of these roles."""
        return sum(n for role, n in self.columns if role in roles)

    @classmethod
    def of(cls, dataset: Dataset, seconds: float | None = None, folds: int = 8) -> Profile:
        """Describe a dataset."""
        table, task = dataset.table, dataset.task
        cells = table.numeric.size + table.categorical.size
        missing = int(np.isnan(table.numeric).sum()) + int((table.categorical < 0).sum())
        used = dataset.schema.used
        if task.is_classification:
            rarest = int(np.bincount(dataset.y.astype(np.int64), minlength=task.n_outputs).min())
        else:
            rarest = dataset.n_rows
        return cls(
            n_rows=dataset.n_rows,
            n_outputs=task.n_outputs,
            columns=tuple((role, sum(c.role is role for c in used)) for role in Role if role is not Role.DROPPED),
            max_levels=max(table.levels, default=0),
            rarest=rarest,
            missing=missing / cells if cells else 0.0,
            seconds=seconds,
            folds=folds,
        )
