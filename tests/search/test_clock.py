"""What is left of a search's time, and who may have how much of it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from automl.search.clock import PATIENCE_LEAST, PATIENCE_MOST, TRIAL_LEAST, TRIAL_SHARE, Clock


@pytest.fixture
def at(monkeypatch):
    """Sets the time."""

    def set_to(now: float) -> None:
        monkeypatch.setattr("automl.search.clock.time", SimpleNamespace(monotonic=lambda: now))

    return set_to


def test_time_goes_by(at):
    clock = Clock(deadline=110.0, counted=False, started=10.0)
    at(60.0)
    assert (clock.elapsed, clock.left, clock.over) == (50.0, 50.0, False)
    at(110.0)
    assert (clock.left, clock.over) == (0.0, True)


def test_a_trial_has_a_share_of_the_whole_time_but_no_more_than_is_left(at):
    clock = Clock(deadline=110.0, counted=False, started=10.0)
    at(20.0)
    assert clock.for_trial == pytest.approx(100 * TRIAL_SHARE)
    at(100.0)
    assert clock.for_trial == pytest.approx(10.0)
    assert Clock(deadline=103.0, counted=False, started=100.0).for_trial == TRIAL_LEAST


@pytest.mark.parametrize("clock", [Clock(None, counted=False), Clock(1e12, counted=True)], ids=["endless", "counted"])
def test_only_the_end_of_the_search_limits_a_trial_where_there_is_no_time_to_share(clock):
    assert clock.for_trial is None
    assert not clock.over


def test_plugins_are_waited_for_within_bounds(at):
    clock = Clock(deadline=10_000.0, counted=False, started=0.0)
    at(0.0)
    assert clock.for_answer == PATIENCE_MOST
    at(9_800.0)
    assert clock.for_answer == pytest.approx(20.0)
    at(10_000.0)
    assert clock.for_answer == PATIENCE_LEAST
    assert Clock(None, counted=True).for_answer == PATIENCE_MOST
