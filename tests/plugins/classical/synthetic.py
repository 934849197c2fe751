"""Small parts with a signal, made without an encoder."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.plugin import ALL_ROWS, CrossFitJob, Encoding, Features, Fold, Limits, Params, Part, Task, TaskKind

BINARY = Task(TaskKind.BINARY, "y", ("no", "yes"))
MULTICLASS = Task(TaskKind.MULTICLASS, "y", ("a", "b", "c", "d"))
VALUES = Task(TaskKind.REGRESSION, "y")


def part(task: Task, n_rows: int = 200, n_features: int = 5, seed: int = 0) -> Part:
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(n_rows, n_features)).astype(np.float32)
    signal = matrix[:, 0] * 2 + np.sin(2 * matrix[:, 1]) + 0.3 * rng.normal(size=n_rows)
    y: NDArray[Any] = signal.astype(np.float64) * 10 + 500
    if task.is_classification:
        edges = np.quantile(signal, np.linspace(0, 1, task.n_outputs + 1)[1:-1])
        y = np.searchsorted(edges, signal).astype(np.int64)
    return Part(features(matrix), y)


def features(matrix: NDArray[Any]) -> Features:
    width = matrix.shape[1]
    names = tuple(f"f{i}" for i in range(width))
    return Features(np.ascontiguousarray(matrix, dtype=np.float32), names, np.zeros(width, dtype=np.int64))


def take(whole: Part, rows: NDArray[np.int64]) -> Part:
    return Part(features(whole.features.matrix[rows]), whole.y[rows])


def job(task: Task, params: Params, whole: Part, out_of_bag: bool, limits: Limits | None = None) -> CrossFitJob:
    rows = np.arange(len(whole.y))
    folds = tuple(Fold(i, rows[rows % 4 != i], rows[rows % 4 == i]) for i in range(4))

    def encode(fold: Fold, encoding: Encoding) -> tuple[Part, Part]:
        assert fold.index != ALL_ROWS
        return take(whole, fold.train), take(whole, fold.score)

    return CrossFitJob(
        task=task,
        params=params,
        seed=3,
        folds=folds,
        n_rows=len(rows),
        limits=limits or Limits(),
        encode=encode,
        encode_all=lambda encoding: whole,
        go_on=lambda position, prediction: True,
        out_of_bag=out_of_bag,
    )
