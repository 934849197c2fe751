from __future__ import annotations

import time
from types import SimpleNamespace

import numpy as np
import pytest

from automl.plugin import Limits

pytest.importorskip("catboost", reason="the plugin needs catboost")

from automl_catboost.watch import FASTEST, Plan, Watch


class Clock:
    """Trains nothing: a round takes a second on a clock of its own, and the loss falls with the work done."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.rounds, self.rates = 0.0, 0, list[float]()
        monkeypatch.setattr(time, "monotonic", lambda: self.now)

    def train(self, plan: Plan, limits: Limits, restarts: int = 2) -> float:
        """Follow the watch's answers; return the work of the last attempt."""
        for attempt in range(restarts + 1):
            watch = Watch(plan, limits, "loss", may_restart=attempt < restarts)
            self.rates.append(plan.rate)
            self.rounds = 0
            while self.rounds < plan.max_rounds:
                self.now += 1.0
                self.rounds += 1
                loss = float(np.exp(-plan.rate * self.rounds))
                if not watch.after_iteration(SimpleNamespace(metrics={"validation": {"loss": [loss]}})):
                    break
            if watch.again is None:
                break
            plan = watch.again
        return self.rounds * plan.rate


def plan(rate: float, patience: int | None = 50) -> Plan:
    return Plan(rate, patience, 3000, work=20.0)


def test_a_short_deadline_begins_again_with_a_rate_whose_work_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    work = clock.train(plan(0.01), Limits(deadline=200.0))
    assert len(clock.rates) > 1
    assert 0.08 < clock.rates[-1] <= FASTEST
    assert work > 15
    assert clock.now < 200


def test_a_hopeless_deadline_uses_the_fastest_rate_and_keeps_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    assert clock.train(plan(0.01), Limits(deadline=20.0)) > 1
    assert clock.rates[-1] == FASTEST
    assert clock.now < 20


def test_time_enough_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    clock.train(plan(0.1), Limits(deadline=1e6))
    assert clock.rates == [0.1]


def test_a_plan_without_rows_to_stop_by_gets_fewer_rounds_when_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    clock.train(plan(0.01, patience=None), Limits(deadline=200.0))
    assert clock.rates[-1] > 0.08
    assert clock.now < 200


def test_stops_when_the_loss_stops_falling(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    watch = Watch(plan(0.1), Limits(), "loss")
    while watch.after_iteration(SimpleNamespace(metrics={"validation": {"loss": [max(0.5, 1 - 0.1 * clock.rounds)]}})):
        clock.rounds += 1
    assert 50 <= clock.rounds < 60
    assert (watch.best_round, watch.best_loss) == (6, 0.5)


def test_rounds_shrink_with_deep_trees_of_many_labels() -> None:
    assert Plan.of(0.1, 1000, 2**6, True, 20.0).max_rounds == 3000
    assert Plan.of(0.1, 1000, 2**9 * 20, True, 20.0).max_rounds < 200
    assert Plan.of(0.1, 1000, 2**6, False, 20.0).max_rounds == 200
    assert Plan.of(0.1, 100_000, 2**6, True, 20.0).patience == 20
