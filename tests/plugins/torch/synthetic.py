"""Small parts with numbers, small and large categories, made without an encoder."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.plugin import CrossFitJob, Encoding, Features, Fold, Limits, ModelFamily, Params, Part, Profile, Role, Task
from automl.plugin import TaskKind as Kind

BINARY = Task(Kind.BINARY, "y", ("no", "yes"), "roc_auc")
MULTICLASS = Task(Kind.MULTICLASS, "y", ("a", "b", "c", "d"), "log_loss")
VALUES = Task(Kind.REGRESSION, "y", (), "rmse")
CARDINALITIES = (0, 0, 0, 3, 5, 20, 13)


def part(task: Task, n_rows: int = 200, seed: int = 0) -> Part:
    rng = np.random.default_rng(seed)
    columns = [rng.integers(0, size, n_rows) if size else rng.normal(size=n_rows) for size in CARDINALITIES]
    matrix = np.column_stack(columns).astype(np.float32)
    signal = 2 * matrix[:, 0] + np.sin(2 * matrix[:, 1]) + (matrix[:, 4] == 2) + matrix[:, 5] / 10
    signal = signal + 0.3 * rng.normal(size=n_rows)
    y: NDArray[Any] = signal.astype(np.float64) * 10 + 500
    if task.is_classification:
        edges = np.quantile(signal, np.linspace(0, 1, task.n_outputs + 1)[1:-1])
        y = np.searchsorted(edges, signal).astype(np.int64)
    names = tuple(f"f{i}" for i in range(len(CARDINALITIES)))
    return Part(Features(np.ascontiguousarray(matrix), names, np.array(CARDINALITIES, dtype=np.int64)), y)


def take(whole: Part, rows: NDArray[np.int64], columns: NDArray[np.int64] | None = None) -> Part:
    """Return some rows, and some columns where only some are asked for."""
    features = whole.features
    chosen = np.arange(len(features.names)) if columns is None else columns
    picked = Features(
        np.ascontiguousarray(features.matrix[rows][:, chosen]),
        tuple(features.names[i] for i in chosen),
        features.cardinalities[chosen],
    )
    return Part(picked, whole.y[rows], None if whole.weights is None else whole.weights[rows])


def folds_of(n_rows: int, n_folds: int = 4) -> tuple[Fold, ...]:
    rows = np.arange(n_rows)
    return tuple(Fold(i, rows[rows % n_folds != i], rows[rows % n_folds == i]) for i in range(n_folds))


def job(
    task: Task,
    params: Params,
    whole: Part,
    limits: Limits | None = None,
    columns: dict[int, NDArray[np.int64]] | None = None,
    n_folds: int = 4,
) -> CrossFitJob:
    """A job on every fold; `columns` are those that a fold's encoder kept, by the fold's index."""

    def encode(fold: Fold, encoding: Encoding) -> tuple[Part, Part]:
        kept = (columns or {}).get(fold.index)
        return take(whole, fold.train, kept), take(whole, fold.score, kept)

    return CrossFitJob(
        task=task,
        params=params,
        seed=3,
        folds=folds_of(len(whole.y), n_folds),
        n_rows=len(whole.y),
        limits=limits or Limits(),
        encode=encode,
        encode_all=lambda encoding: whole,
        go_on=lambda position, prediction: True,
    )


def one_fold(whole: CrossFitJob, position: int) -> CrossFitJob:
    return replace(whole, folds=whole.folds[position : position + 1])


def profile(task: Task, n_rows: int = 1000, numbers: int = 20, seconds: float | None = None) -> Profile:
    return Profile(n_rows, task.n_outputs, ((Role.NUMERIC, numbers),), seconds=seconds)


def default(family: ModelFamily, task: Task, **changes: Any) -> Params:
    return {**family.portfolio(task, profile(task))[0], **changes}
