from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from automl.plugin import Features, Part, StoppedPredictions, Task, TaskKind, checkpoints, linked

BINARY = Task(TaskKind.BINARY, "y", ("a", "b"))
VALUES = Task(TaskKind.REGRESSION, "y", ())


def part(y: NDArray[np.float64] | NDArray[np.int64], weights: NDArray[np.float64] | None = None) -> Part:
    return Part(Features(np.zeros((len(y), 1), np.float32), ("x",), (0,)), y, weights)


def test_noise_is_judged_at_chance_though_the_best_state_looks_better() -> None:
    rng = np.random.default_rng(0)
    honest, best = [], []
    for seed in range(200):
        y = rng.normal(size=40)
        states = rng.normal(size=(30, 40, 1))
        stopped = StoppedPredictions(part(y), VALUES, seed)
        for state in states:
            stopped.show(state)
        assert stopped.predictions is not None
        honest.append(((stopped.predictions[:, 0] - y) ** 2).mean())
        best.append(min(((state[:, 0] - y) ** 2).mean() for state in states))
    assert np.mean(best) < 1.5, "two is chance: the variance of the target and of the predictions"
    assert np.mean(honest) == pytest.approx(2.0, abs=0.1)


def test_the_state_that_is_best_for_every_row_is_kept_for_all() -> None:
    y = np.tile([0, 1], 20)
    stopped = StoppedPredictions(part(y), BINARY, 0)
    for sure in (0.5, 0.9, 0.6):
        stopped.show(np.where(y[:, None] == [0, 1], sure, 1 - sure))
    assert stopped.predictions is not None
    assert stopped.predictions[np.arange(40), y] == pytest.approx(np.full(40, 0.9))


def test_weights_count_in_the_choice() -> None:
    y = np.zeros(40)
    weights = np.where(np.arange(40) < 20, 100.0, 0.01)
    stopped = StoppedPredictions(part(y, weights), VALUES, 0)
    good_for_heavy = np.where(weights > 1, 0.0, 5.0)[:, None]
    stopped.show(5.0 - good_for_heavy)
    stopped.show(good_for_heavy)
    assert np.array_equal(stopped.predictions, good_for_heavy)  # type: ignore[arg-type]


def test_few_rows_and_no_finite_loss() -> None:
    few = StoppedPredictions(part(np.zeros(3)), VALUES, 0)
    few.show(np.ones((3, 1)))
    assert np.array_equal(few.predictions, np.ones((3, 1)))  # type: ignore[arg-type]
    never = StoppedPredictions(part(np.zeros(30)), VALUES, 0)
    never.show(np.full((30, 1), np.nan))
    assert never.predictions is None


def test_checkpoints_begin_and_end_where_the_rounds_do() -> None:
    assert checkpoints(1) == [1]
    assert checkpoints(5)[-1] == 5
    many = checkpoints(3000)
    assert (many[0], many[-1]) == (1, 3000)
    assert len(many) <= 48


def test_sums_of_trees_become_what_they_predict() -> None:
    assert linked(np.array([0.0, 2.0]), 0).tolist() == [0.0, 2.0]
    assert linked(np.array([0.0]), 2).tolist() == [0.5]
    assert linked(np.zeros((1, 4)), 4).tolist() == [[0.25] * 4]
