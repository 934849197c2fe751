from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from automl.plugin import Features, Part, ScorePieces, StoppedPredictions, Task, TaskKind, checkpoints, linked

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


def test_rows_are_dealt_evenly_into_pieces_that_a_seed_fixes() -> None:
    y = np.zeros(42)
    pieces = ScorePieces(y, 1)
    assert sorted(np.bincount(pieces.of_row)) == [8, 8, 8, 9, 9]
    assert np.array_equal(pieces.of_row, ScorePieces(y, 1).of_row)
    assert not np.array_equal(pieces.of_row, ScorePieces(y, 2).of_row)
    assert [len(np.unique(ScorePieces(np.zeros(n), 0).of_row)) for n in (0, 7, 8, 19, 20, 500)] == [0, 1, 2, 4, 5, 5]


def test_pieces_are_alike_in_their_targets() -> None:
    rng = np.random.default_rng(0)
    labels, values = rng.integers(0, 3, 150), rng.normal(size=150)
    for seed in range(20):
        dealt = [np.bincount(labels[ScorePieces(labels, seed).of_row == piece], minlength=3) for piece in range(5)]
        assert np.ptp(dealt, axis=0).max() <= 2
        means = [values[ScorePieces(values, seed).of_row == piece].mean() for piece in range(5)]
        assert np.ptp(means) < 0.2 * values.std()


def test_a_piece_looks_at_the_other_rows_only_and_the_last_of_equal_states_counts() -> None:
    pieces = ScorePieces(np.zeros(40), 0)
    mine = pieces.of_row == 2
    assert pieces.improved(np.ones(40)).tolist() == [0, 1, 2, 3, 4]
    assert pieces.improved(np.where(mine, 1e6, 1.0)).tolist() == [2]
    assert pieces.improved(np.where(mine, -1e6, 1.0)).tolist() == [0, 1, 2, 3, 4]
    assert pieces.improved(np.where(mine, 0.0, 1.1)).tolist() == []
    assert pieces.improved(np.where(mine, np.nan, 0.0)).tolist() == []


def test_a_model_may_say_by_which_losses_it_stops_and_show_what_it_likes() -> None:
    stopped = StoppedPredictions(part(np.zeros(40)), VALUES, 0)
    for loss in (2.0, 1.0, 3.0):
        stopped.show(np.full((40, 3), loss, dtype=np.float32), np.full(40, loss))
    assert stopped.predictions is not None
    assert stopped.predictions.dtype == np.float64
    assert np.array_equal(stopped.predictions, np.ones((40, 3)))


def test_what_is_shown_may_change_afterwards() -> None:
    state = np.zeros((40, 1))
    stopped = StoppedPredictions(part(np.zeros(40)), VALUES, 0)
    stopped.show(state)
    state += 1
    assert np.array_equal(stopped.predictions, np.zeros((40, 1)))  # type: ignore[arg-type]


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
