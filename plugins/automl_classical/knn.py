"""Nearest neighbours on scaled columns, with a prior that keeps few neighbours from being certain."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.plugin import (
    Encoding,
    FamilyDeclined,
    Params,
    Profile,
    Suggest,
    Task,
    learned_portfolio,
    real,
    storable,
    text,
    whole,
    width,
)
from automl_classical.arrays import ArrayFamily, Lesson
from automl_classical.outputs import check_shape
from automl_classical.params import scaled_encoding, suggest_shared

_MOST_ROWS, _MOST_COLUMNS = 100_000, 500
_SOFTEN = 1e-3  # added to distances, so that an equal row weighs much, not everything
_CHUNK = 4096  # rows a query, which bounds the memory of their neighbours
_TREE = 16  # columns up to which a k-d tree beats comparing with every row


@storable("classical.neighbours")
@dataclass(frozen=True)
class NearestRows:
    """The training rows `matrix` (n_rows, n_features) float32, their targets `y` and `weights` (n_rows,).

    For labels `y` is int64 in [0, n_outputs) and `prior` (n_outputs,) counts as one more neighbour; for values `y` is
    float64 and the prior is not used.
    """

    matrix: NDArray[np.float32]
    y: NDArray[np.int64] | NDArray[np.float64]
    weights: NDArray[np.float64]
    prior: NDArray[np.float64]
    neighbours: int
    power: int
    by_distance: bool

    def __post_init__(self) -> None:
        n_rows = len(self.matrix)
        check_shape("matrix", self.matrix, (n_rows, self.matrix.shape[1]))
        check_shape("y", self.y, (n_rows,))
        check_shape("weights", self.weights, (n_rows,))
        if not 1 <= self.neighbours <= n_rows or self.power not in {1, 2}:
            raise ValueError("neighbours must lie in [1, n_rows] and power must be 1 or 2")
        if self.y.dtype.kind == "i" and not (self.y.min() >= 0 and self.y.max() < len(self.prior)):
            raise ValueError("labels beyond the outputs")

    @cached_property
    def _index(self) -> Any:
        from sklearn.neighbors import NearestNeighbors

        algorithm = "kd_tree" if self.matrix.shape[1] <= _TREE else "brute"
        metric = "euclidean" if self.power == 2 else "manhattan"
        return NearestNeighbors(n_neighbors=self.neighbours, algorithm=algorithm, metric=metric).fit(self.matrix)

    def predict(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return (n_rows, n_outputs) float64."""
        parts = [self._some(matrix[i : i + _CHUNK]) for i in range(0, len(matrix), _CHUNK)]
        return np.concatenate(parts) if parts else np.zeros((0, len(self.prior)))

    def _some(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        distance, near = self._index.kneighbors(matrix)
        weight = self.weights[near]
        if self.by_distance:
            weight = weight / (distance + _SOFTEN)
        total = weight.sum(axis=1, keepdims=True)
        if self.y.dtype.kind == "f":
            return np.asarray((weight * self.y[near]).sum(axis=1, keepdims=True) / total, dtype=np.float64)
        n_rows, n_outputs = len(matrix), len(self.prior)
        place = np.arange(n_rows)[:, None] * n_outputs + self.y[near]
        votes = np.bincount(place.ravel(), weight.ravel(), n_rows * n_outputs).reshape(n_rows, n_outputs)
        one_more = total / self.neighbours
        return np.asarray((votes + one_more * self.prior) / (total + one_more), dtype=np.float64)


class Neighbours(ArrayFamily):
    """The k nearest neighbours."""

    name = "knn"
    state = NearestRows

    def accepts(self, task: Task, profile: Profile) -> None:
        """Decline where comparing every row with every other takes too long."""
        if profile.n_rows > _MOST_ROWS:
            raise FamilyDeclined(f"comparing {profile.n_rows} rows with each other is too slow (limit {_MOST_ROWS})")
        if (columns := width(profile, onehot=True)) > _MOST_COLUMNS:
            raise FamilyDeclined(f"distances over about {columns} features say little (limit {_MOST_COLUMNS})")

    def portfolio(self, task: Task, profile: Profile) -> list[Params]:
        """A few near rows by distance, then many, then the sum of differences on fewer columns."""
        entries = [
            _entry("standard", 1.0, 10, "distance", 2),
            _entry("quantile", 1.0, 30, "distance", 1),
            _entry("standard", 0.5, 5, "distance", 1),
        ]
        return learned_portfolio(self, entries, task, profile)

    def suggest(self, trial: Suggest, task: Task, profile: Profile) -> Params:
        """Sample the search space."""
        return {
            **suggest_shared(trial),
            "neighbours": trial.suggest_int("neighbours", 1, 100, log=True),
            "weights": trial.suggest_categorical("weights", ["distance", "uniform"]),
            "power": trial.suggest_categorical("power", [1, 2]),
        }

    def encoding(self, params: Params, task: Task) -> Encoding:
        """Standardised numbers or quantiles, one-hot levels."""
        return scaled_encoding(params)

    def cost(self, params: Params, task: Task, profile: Profile) -> float:
        """Estimate: every score row (an eighth) with every training row."""
        columns = width(profile, onehot=True) * real(params, "keep")
        return 0.01 + 0.125 * profile.n_rows**2 * (2e-9 + columns * (6e-10 if whole(params, "power") == 1 else 2e-10))

    def learn(self, lesson: Lesson) -> NearestRows:
        """Keep the training rows."""
        given = lesson.train.y
        y = given.astype(np.int64) if lesson.task.is_classification else given.astype(np.float64)
        return NearestRows(
            matrix=np.array(lesson.matrix),
            y=y,
            weights=lesson.weights,
            prior=lesson.prior,
            neighbours=min(whole(lesson.params, "neighbours"), len(y)),
            power=whole(lesson.params, "power"),
            by_distance=text(lesson.params, "weights") == "distance",
        )


def _entry(numeric: str, keep: float, neighbours: int, weights: str, power: int) -> Params:
    return {"numeric": numeric, "keep": keep, "neighbours": neighbours, "weights": weights, "power": power}
