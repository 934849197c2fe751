"""How long a trial may take."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from automl.search.allowance import FEW_SHARE, TRIAL_LEAST, TRIAL_SHARE, Allowance
from automl.search.clock import Clock
from automl.search.roster import Roster
from tests.search.tiny import Diary

STUDY: Any = None  # only turns ask it


@pytest.fixture
def at(monkeypatch):
    """Sets the time."""

    def set_to(now: float) -> None:
        monkeypatch.setattr("automl.search.clock.time", SimpleNamespace(monotonic=lambda: now))

    return set_to


def allowance(clock: Clock, *families: str) -> Allowance:
    roster = Roster(Diary())
    for name in families:
        roster.join(name, STUDY)
    return Allowance(clock, roster)


def test_a_trial_has_a_share_of_the_whole_time_but_no_more_than_is_left(at):
    of_three = allowance(Clock(deadline=110.0, counted=False, started=10.0), "a", "b", "c")
    at(20.0)
    assert of_three.seconds == pytest.approx(100 * TRIAL_SHARE)
    at(100.0)
    assert of_three.seconds == pytest.approx(10.0)
    assert allowance(Clock(deadline=103.0, counted=False, started=100.0), "a", "b").seconds == TRIAL_LEAST


def test_who_shares_the_time_with_nobody_may_take_more_of_it(at):
    clock = Clock(deadline=110.0, counted=False, started=10.0)
    at(10.0)
    assert allowance(clock, "a").seconds == pytest.approx(100 * FEW_SHARE)
    assert allowance(clock).seconds == pytest.approx(100 * FEW_SHARE)
    assert allowance(clock, "a", "b").seconds == pytest.approx(100 * FEW_SHARE / 2)
    assert allowance(clock, *"abcdefgh").seconds == pytest.approx(100 * TRIAL_SHARE)


def test_a_family_that_is_closed_leaves_its_time_to_the_others(at):
    of_two = allowance(Clock(deadline=110.0, counted=False, started=10.0), "a", "b")
    at(10.0)
    before = of_two.seconds
    of_two.roster.close("b", "it fails")
    assert of_two.seconds == pytest.approx(100 * FEW_SHARE)
    assert before is not None
    assert of_two.seconds > before


@pytest.mark.parametrize("clock", [Clock(None, counted=False), Clock(1e12, counted=True)], ids=["endless", "counted"])
def test_only_the_end_of_the_search_limits_a_trial_where_there_is_no_time_to_share(clock):
    assert allowance(clock, "a").seconds is None
