from __future__ import annotations

import time

import numpy as np
import pytest

from automl.plugin import Limits

pytest.importorskip("xgboost", reason="the plugin needs xgboost-cpu")

from automl_xgboost.rounds import FASTEST, MAX_ROUNDS, Plan, boost


class Clock:
    """A machine whose rounds take a second each on a clock of its own, and whose loss falls with the work done."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, rate: float, scored: bool = True) -> None:
        self.now, self.work, self.rate, self.rounds, self.scored = 0.0, 0.0, rate, 0, scored
        monkeypatch.setattr(time, "monotonic", lambda: self.now)

    def step(self) -> None:
        self.now += 1.0
        self.rounds += 1
        self.work += self.rate

    def loss(self) -> float | None:
        return float(np.exp(-self.work)) if self.scored else None

    def learn_faster(self, rate: float) -> None:
        self.rate = rate


def test_a_short_deadline_raises_the_learning_rate_until_the_work_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Clock(monkeypatch, rate=0.01)
    best = boost(machine, Plan(0.01, 100, MAX_ROUNDS), Limits(deadline=100.0))
    assert 0.1 < machine.rate <= FASTEST
    assert machine.work > 9
    assert best == machine.rounds
    assert machine.now < 100


def test_time_enough_leaves_the_learning_rate_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Clock(monkeypatch, rate=0.1)
    boost(machine, Plan(0.1, 20, 500), Limits(deadline=1e6))
    assert machine.rate == 0.1


def test_without_rows_to_stop_by_the_work_is_fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert boost(Clock(monkeypatch, rate=0.125, scored=False), Plan(0.125, 20, MAX_ROUNDS), Limits()) == 96


def test_patience_shrinks_with_rows_and_rounds_with_labels() -> None:
    assert Plan.of(0.1, 1000, 1).patience == 100
    assert Plan.of(0.1, 25_000, 1).patience == 40
    assert Plan.of(0.1, 10**7, 1).patience == 20
    assert Plan.of(0.1, 1000, 100).max_rounds == 200


def test_a_loss_that_is_never_finite_leaves_no_best_round(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Clock(monkeypatch, rate=0.1)
    monkeypatch.setattr(machine, "loss", lambda: float("nan"))
    assert boost(machine, Plan(0.1, 5, 50), Limits()) == 0
