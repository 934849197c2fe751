"""Growing a scikit-learn forest within a deadline, and its out-of-bag sums."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.plugin import Limits

_FIRST = 8  # trees that are grown before their time is known
_GROWTH = 4  # a stage may multiply the number of trees by this much: later trees cost what measured ones did
_SHARE = 0.8  # of the time left that growing may plan for; packing and predicting take the rest


Data = tuple[NDArray[np.float32], NDArray[Any], NDArray[np.float64] | None]
"""A matrix (n_rows, n_features), targets (n_rows,) and weights (n_rows,) or None."""


def grow(forest: Any, data: Data, limits: Limits) -> None:
    """Fit up to `forest.n_estimators` trees, fewer where the deadline leaves no time for all.

    Stages continue one random stream, so a forest with time enough is the same as one grown at once.
    """
    matrix, y, weights = data
    wanted = forest.n_estimators
    forest.set_params(warm_start=True)
    done = 0
    started = time.monotonic()
    while done < wanted:
        target = wanted
        if limits.deadline is not None:
            affordable = wanted if not done else int(_SHARE * limits.seconds_left * done / (time.monotonic() - started))
            target = min(wanted, max(_FIRST, done * _GROWTH), done + affordable)
        if target <= done:
            break
        forest.set_params(n_estimators=target)
        forest.fit(matrix, y, sample_weight=weights)
        done = target


def out_of_bag_sums(
    forest: Any, matrix: NDArray[np.float32], threads: int, units: NDArray[np.int64] | None = None
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Sum each row's predictions over the trees that learned neither from it nor from another row of its unit.

    `units` (n_rows,) are equal for rows that are copies of each other, None where there are none. Returns the sums
    (n_rows, n_seen classes or 1) float64, and the number of trees summed (n_rows,) float64.
    """

    def one(item: tuple[Any, NDArray[np.int64]]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        estimator, used = item
        free = np.ones(len(matrix), dtype=bool)
        free[used] = False
        if numbers is not None:
            met = np.zeros(len(matrix), dtype=bool)
            met[numbers[used]] = True
            free = ~met[numbers]
        rows = np.flatnonzero(free)
        value = estimator.tree_.predict(matrix[rows]).reshape(len(rows), -1)
        return rows, value

    numbers = None if units is None else np.unique(units, return_inverse=True)[1]
    width = forest.estimators_[0].tree_.value.shape[2]
    total, count = np.zeros((len(matrix), width)), np.zeros(len(matrix))
    with ThreadPoolExecutor(threads) as pool:
        # `map` keeps the order, so that sums do not depend on which thread ends first.
        for rows, value in pool.map(one, zip(forest.estimators_, forest.estimators_samples_, strict=True)):
            total[rows] += value
            count[rows] += 1
    return total, count
