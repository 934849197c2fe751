from __future__ import annotations

import itertools
import time

import pytest

from automl.plugin import Limits, TrialFailed
from automl_torch.pace import Pace


class Clock:
    """A clock that only moves when told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)

    def run(self, pace: Pace, seconds: float) -> list[float]:
        """Make steps that take so long until the pace is finished; return the progress before each."""
        progress = []
        while not pace.finished:
            progress.append(pace.t)
            self.now += seconds
            pace.advance()
        return progress


def test_without_a_deadline_progress_is_the_share_of_steps() -> None:
    pace, progress = Pace(8, 1, Limits()), []
    while not pace.finished:
        progress.append(pace.t)
        pace.advance()
    assert progress == pytest.approx([i / 8 for i in range(8)])


def test_a_far_deadline_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Clock(monkeypatch).run(Pace(50, 1, Limits(1000.0)), 1.0) == Clock(monkeypatch).run(
        Pace(50, 1, Limits()), 1.0
    )


def test_a_near_deadline_lets_the_schedule_end_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    progress = clock.run(Pace(1000, 10, Limits(100.0)), 1.0)
    assert 80 <= len(progress) <= 100
    assert clock.now < 100
    assert progress[-1] > 0.95
    assert max(b - a for a, b in itertools.pairwise(progress)) < 0.03, "no jump to the end"


def test_steps_that_become_slower_are_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, steps = Clock(monkeypatch), 0
    pace = Pace(100, 10, Limits(150.0))
    while not pace.finished:
        steps += 1
        clock.now += 1.0 if steps < 30 else 4.0
        pace.advance()
    assert clock.now < 150
    assert steps > 40


def test_too_little_time_fails_as_soon_as_it_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    with pytest.raises(TrialFailed, match="at least 500 steps"):
        clock.run(Pace(1000, 500, Limits(100.0)), 1.0)
    assert clock.now < 20


def test_no_time_at_all_fails_before_the_first_step(monkeypatch: pytest.MonkeyPatch) -> None:
    Clock(monkeypatch)
    with pytest.raises(TrialFailed, match="no time left"):
        Pace(10, 1, Limits(0.0))
