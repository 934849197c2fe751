"""Whose turn it is."""

from __future__ import annotations

import pytest

from automl.search.allocator import UNIFORM_SHARE, Progress, estimated_cost_for_improvement, turn_probabilities


def family(*trials: tuple[float, float | None]) -> Progress:
    progress = Progress()
    for cost, error in trials:
        progress.add(cost, error)
    return progress


def test_every_family_keeps_its_floor_and_chances_sum_to_one():
    chances = turn_probabilities({"good": family((1, 0.1)), "bad": family((1, 0.9)), "new": family()})
    assert sum(chances.values()) == pytest.approx(1)
    assert min(chances.values()) >= UNIFORM_SHARE / 3


def test_the_better_of_two_equally_costly_families_goes_first():
    chances = turn_probabilities({"good": family((1, 0.1), (1, 0.1)), "bad": family((1, 0.4), (1, 0.4))})
    assert chances["good"] > chances["bad"]


def test_the_cheaper_of_two_equally_good_families_goes_first():
    chances = turn_probabilities({"cheap": family((1, 0.1)), "dear": family((9, 0.1))})
    assert chances["cheap"] > chances["dear"]


def test_cost_for_improvement_grows_while_nothing_improves():
    stale = family((1, 0.2), (1, 0.3), (1, 0.3), (1, None))
    fresh = family((1, 0.4), (1, 0.3), (1, 0.25), (1, 0.2))
    assert estimated_cost_for_improvement(stale, 0.2, 0.1) > estimated_cost_for_improvement(fresh, 0.2, 0.1)


def test_without_any_result_all_are_equal():
    assert turn_probabilities({"a": family(), "b": family((1, None))}) == {"a": 0.5, "b": 0.5}
