"""What supervised encodings and rankings learn from: the target of the training rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.data.weights import weights_at
from automl.task import Task, TaskKind

MOST_OUTPUTS = 10
"""Labels that get a column of target means each; more would flood the matrix with columns that say little."""


@dataclass(frozen=True, eq=False)
class Target:
    """Targets `y` (n_rows,) as in `Dataset`, their task, weights (n_rows,) float64 (None: equal)."""

    y: NDArray[np.int64] | NDArray[np.float64]
    task: Task
    weights: NDArray[np.float64] | None = None

    def take(self, rows: NDArray[np.int64]) -> Target:
        """Return the rows at these positions."""
        return Target(self.y[rows], self.task, weights_at(self.weights, rows))

    @property
    def mass(self) -> NDArray[np.float64]:
        """Weights with mean one, (n_rows,) float64."""
        if self.weights is None or not self.weights.sum() > 0:
            return np.ones(len(self.y))
        return np.asarray(self.weights * (len(self.y) / self.weights.sum()))

    def outputs(self) -> tuple[NDArray[np.float64], tuple[str, ...]]:
        """Return standardised outputs (n_rows, n_outputs) float64 and a suffix for the name of each.

        Regression has one output, as has a binary task (the indicator of its second label); a multiclass task
        has one for each of its most frequent labels. Outputs that do not vary are left out.
        """
        if self.task.kind is TaskKind.MULTICLASS:
            counts = np.bincount(self.y.astype(np.int64), minlength=self.task.n_outputs)
            labels = np.sort(np.argsort(-counts, kind="stable")[:MOST_OUTPUTS])
            raw = (self.y[:, None] == labels).astype(np.float64)
            suffixes = tuple(f" {self.task.labels[i]}" for i in labels)
        else:
            raw = self.y[:, None].astype(np.float64)
            suffixes = ("",)
        mass = self.mass[:, None]
        centred = raw - (raw * mass).mean(axis=0)
        spread = np.sqrt((centred**2 * mass).mean(axis=0))
        varies = (np.ptp(raw, axis=0) > 0) & (spread > np.finfo(np.float64).tiny)
        return centred[:, varies] / spread[varies], tuple(s for s, v in zip(suffixes, varies, strict=True) if v)
