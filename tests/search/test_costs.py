"""What trials will cost, before and after some were timed."""

from __future__ import annotations

import pytest

from automl.search.clock import Clock
from automl.search.costs import Costs
from tests.search.tiny import N_FOLDS, Diary, Priced, tiny_context

CONTEXT = tiny_context(Priced("a", 2.0), Priced("b", 3.0), Priced("bag", 2.0, out_of_bag=True), Priced("mute", None))


def costs(counted: bool = False, diary: Diary | None = None) -> Costs:
    return Costs(CONTEXT, Clock(None, counted), diary or Diary())


def test_a_trial_costs_its_fits():
    assert costs().units("a", {"x": 1}) == 2.0 * N_FOLDS
    assert costs().units("bag", {"x": 1}) == 2.0
    assert costs().estimate("a", {"x": 1}) == 2.0 * N_FOLDS


def test_measured_times_set_the_scale_of_a_family_and_of_those_not_yet_measured():
    known = costs()
    for seconds in (10.0, 30.0, 1000.0):
        known.learn("a", seconds, units=10.0)
    assert known.estimate("a", {"x": 1}) == pytest.approx(3.0 * 2.0 * N_FOLDS)  # the median of 1, 3 and 100
    assert known.estimate("b", {"x": 1}) == pytest.approx(3.0 * 3.0 * N_FOLDS)
    known.learn("b", 5.0, units=10.0)
    assert known.estimate("b", {"x": 1}) == pytest.approx(0.5 * 3.0 * N_FOLDS)


def test_where_trials_are_counted_measured_times_change_nothing():
    known = costs(counted=True)
    known.learn("a", 1000.0, units=1.0)
    assert known.estimate("a", {"x": 1}) == 2.0 * N_FOLDS


def test_a_family_without_an_answer_is_asked_once_and_taken_for_a_second_a_fit():
    diary = Diary()
    known = costs(diary=diary)
    assert [known.units("mute", {"x": 1}) for _ in range(3)] == [N_FOLDS] * 3
    assert diary.errors == ["mute: its cost estimate, taken for a second a fit: no idea"]
