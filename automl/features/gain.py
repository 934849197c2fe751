"""How much each column helps small boosted trees: the measure behind rankings and choices of columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.data.sampling import sample_rows
from automl.features.target import Target
from automl.task import TaskKind

MOST_ROWS = 10_000


@dataclass(frozen=True)
class Trees:
    """The size of small boosted trees: enough to tell columns apart, not to predict well.

    On 200 to 300 columns small trees of few bins rank as well as larger ones, at a tenth of the time.
    """

    rounds: int = 50
    leaves: int = 15
    fraction: float = 0.7
    bins: int = 63


SMALL = Trees()


_FEWEST_ROWS = 5  # below, trees have nothing to split


def gain_of(
    matrix: NDArray[np.float32],
    cardinalities: NDArray[np.int64],
    target: Target,
    seed: int,
    trees: Trees = SMALL,
    threads: int = 1,
) -> NDArray[np.float64]:
    """Return the share of the gain that LightGBM has from each column, (n_columns,) float64, on at most 10,000 rows.

    `cardinalities` (n_columns,) int64 are 0 for numbers; codes are 0…n-1.
    """
    n_rows, n_columns = matrix.shape
    if n_rows < _FEWEST_ROWS or not n_columns:
        return np.zeros(n_columns)
    rows = sample_rows(n_rows, MOST_ROWS, seed)
    gain = boosted_gain(matrix[rows], cardinalities, target.take(rows), seed, trees, threads)
    return np.asarray(gain / max(gain.sum(), np.finfo(np.float64).tiny))


def boosted_gain(
    matrix: NDArray[np.float32],
    cardinalities: NDArray[np.int64],
    target: Target,
    seed: int,
    trees: Trees,
    threads: int,
) -> NDArray[np.float64]:
    """Fit LightGBM on all rows and return its gain by column, (n_columns,) float64."""
    booster = train_small(matrix, cardinalities, target, seed, trees, threads)
    return np.asarray(booster.feature_importance("gain"), dtype=np.float64)


def train_small(
    matrix: NDArray[np.float32],
    cardinalities: NDArray[np.int64],
    target: Target,
    seed: int,
    trees: Trees,
    threads: int,
) -> Any:
    """Fit a small LightGBM booster; fewer rounds for many labels."""
    import lightgbm

    n_rows = len(matrix)
    data = lightgbm.Dataset(
        matrix,
        label=target.y,
        weight=target.weights,
        categorical_feature=[int(i) for i in np.flatnonzero(cardinalities)],
        params={"verbosity": -1, "max_bin": trees.bins, "min_data_in_bin": 1 if n_rows < 200 else 3},
    )
    n_outputs = target.task.n_outputs if target.task.kind is TaskKind.MULTICLASS else 1
    rounds = max(10, min(trees.rounds, 3 * trees.rounds // n_outputs))  # a round has a tree for each label
    return lightgbm.train(_options(target, n_rows, seed, trees, threads), data, num_boost_round=rounds)


def _options(target: Target, n_rows: int, seed: int, trees: Trees, threads: int) -> dict[str, Any]:
    objective: dict[str, Any] = {"objective": "regression"}
    if target.task.kind is TaskKind.BINARY:
        objective = {"objective": "binary"}
    elif target.task.kind is TaskKind.MULTICLASS:
        objective = {"objective": "multiclass", "num_class": target.task.n_outputs}
    return objective | {
        "learning_rate": 0.1,
        "num_leaves": trees.leaves,
        "min_data_in_leaf": min(20, max(2, n_rows // 20)),
        "feature_fraction": trees.fraction,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "seed": seed,
        "deterministic": True,
        "force_col_wise": True,
        "num_threads": threads,
        "verbosity": -1,
    }
