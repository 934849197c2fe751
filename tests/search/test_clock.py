"""What is left of a search's time, and how long plugins are waited for."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from automl.search.clock import PATIENCE_LEAST, PATIENCE_MOST, Clock


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


@pytest.mark.parametrize("clock", [Clock(None, counted=False), Clock(1e12, counted=True)], ids=["endless", "counted"])
def test_without_a_deadline_soon_nothing_is_over(clock):
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
