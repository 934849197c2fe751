from __future__ import annotations

import math
import time
from collections.abc import Callable

import pytest

from automl.plugin import (
    FASTEST,
    MAX_ROUNDS,
    Limits,
    Pace,
    Patience,
    TrialFailed,
    boost,
    patience_for,
    rate_in_run,
    rate_in_time,
)

SPARSE = frozenset({3, 10, 30, 100, 300, 1000})
"""Looks of another family than the default's."""


class Clock:
    """A machine whose rounds take a second each on a clock of its own, and whose loss falls with the work done."""

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        rate: float,
        scored: bool = True,
        loss_of: Callable[[float], float] = lambda work: 1.0 + math.exp(-work),
    ) -> None:
        self.loss_of = loss_of
        self.now, self.work, self.rate, self.rounds, self.scored = 0.0, 0.0, rate, 0, scored
        monkeypatch.setattr(time, "monotonic", lambda: self.now)

    def step(self) -> None:
        self.now += 1.0
        self.rounds += 1
        self.work += self.rate

    def loss(self) -> float | None:
        return self.loss_of(self.work) if self.scored else None

    def learn_faster(self, rate: float) -> None:
        self.rate = rate


@pytest.mark.parametrize(
    "pace", [Pace(0.01, 100), Pace(0.01, 100, looks=SPARSE, writing=0.05)], ids=["often", "seldom"]
)
def test_a_short_deadline_raises_the_learning_rate_until_the_work_fits(
    monkeypatch: pytest.MonkeyPatch, pace: Pace
) -> None:
    machine = Clock(monkeypatch, rate=0.01)
    best = boost(machine, pace, Limits(deadline=100.0))
    assert 0.1 < machine.rate < FASTEST
    assert machine.work > 9, "near the work that a fit needs, instead of the 1.0 that 100 rounds of .01 are"
    assert best == machine.rounds
    assert machine.now < 100


def test_a_hopeless_deadline_stops_at_the_fastest_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Clock(monkeypatch, rate=0.01)
    best = boost(machine, Pace(0.01, 100), Limits(deadline=10.0))
    assert machine.rate == FASTEST
    assert machine.now < 10
    assert best == machine.rounds > 5


@pytest.mark.parametrize("pace", [Pace(0.1, 20), Pace(0.1, 20, 500, SPARSE)], ids=["often", "seldom"])
def test_time_enough_leaves_the_learning_rate_alone(monkeypatch: pytest.MonkeyPatch, pace: Pace) -> None:
    machine = Clock(monkeypatch, rate=0.1)
    boost(machine, pace, Limits(deadline=1e6))
    assert machine.rate == 0.1


def test_a_loss_that_still_falls_where_rounds_run_out_raises_the_learning_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Clock(monkeypatch, 0.02, loss_of=lambda work: work**-0.5)
    assert boost(machine, Pace(0.02, 100, max_rounds=1000), Limits()) == 1000
    assert 0.02 < machine.rate <= FASTEST
    assert machine.work > 3 * 0.02 * 1000
    monkeypatch.undo()
    again = Clock(monkeypatch, 0.02, loss_of=lambda work: work**-0.5)
    boost(again, Pace(0.02, 100, max_rounds=1000), Limits())
    assert again.work == machine.work, "no clock was looked at"


def test_a_loss_that_has_stopped_falling_leaves_the_learning_rate_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Clock(monkeypatch, 0.02)
    boost(machine, Pace(0.02, 1000, max_rounds=1000), Limits())
    assert machine.rate == 0.02


def test_without_a_deadline_the_clock_is_not_read_and_without_rows_to_stop_by_the_work_is_fixed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine = Clock(monkeypatch, rate=0.125, scored=False)
    pace = Pace(0.125, 20, looks=frozenset(range(MAX_ROUNDS)))
    assert boost(machine, pace, Limits()) == 96
    assert machine.rate == 0.125


def test_a_loss_that_is_never_finite_leaves_no_best_round(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Clock(monkeypatch, rate=0.1)
    monkeypatch.setattr(machine, "loss", lambda: float("nan"))
    with pytest.raises(TrialFailed, match="never a finite number"):
        boost(machine, Pace(0.1, 5, 50), Limits())


def test_the_best_round_is_the_one_of_the_lowest_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Clock(monkeypatch, rate=0.1)
    monkeypatch.setattr(machine, "loss", lambda: float(abs(machine.rounds - 7)))
    assert boost(machine, Pace(0.1, 5), Limits()) == 7
    assert machine.rounds == 7 + 23, "the wait after round 7 is 0.3 * 7 + 20 rounds, rounded up"


def test_rounds_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Clock(monkeypatch, rate=1e-3)
    assert boost(machine, Pace(1e-3, 100, max_rounds=30), Limits()) == machine.rounds == 30


def test_a_rate_is_never_lowered() -> None:
    assert rate_in_time(0.05, work_left=0.1, rounds_left=1000) == 0.05
    assert rate_in_time(0.05, work_left=12.0, rounds_left=100) == pytest.approx(0.12)
    assert rate_in_time(0.05, work_left=12.0, rounds_left=1) == FASTEST


def test_eight_folds_take_at_most_a_tenth_of_the_run() -> None:
    assert rate_in_run(0.05, fold_seconds=1.0, run_seconds=1000.0, fastest=0.15) == 0.05
    assert rate_in_run(0.05, fold_seconds=2.0, run_seconds=80.0, fastest=0.15) == pytest.approx(0.1)
    assert rate_in_run(0.05, fold_seconds=2.0, run_seconds=8.0, fastest=0.15) == 0.15


def test_patience_shrinks_with_rows() -> None:
    assert patience_for(1000) == 100
    assert patience_for(25_000) == 40
    assert patience_for(10**7) == 20


def test_patience_ends_when_the_loss_falls_too_slowly() -> None:
    patience = Patience(30)
    assert patience.hopeful(1, 1.0)
    assert patience.hopeful(30, 0.9995), "a gain below a thousandth does not count, but the wait is not over"
    assert not patience.hopeful(31, 0.9994)
    assert patience.hopeful(32, 0.5), "a clear gain begins the wait anew"
