"""Watching CatBoost train: when to stop, and when to begin again with a higher learning rate."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from automl.plugin import FASTEST, MAX_ROUNDS, Limits, Patience, patience_for

MAX_LEAVES = 2_000_000  # values of all leaves of a model: 16 MB; deep trees of many labels get fewer rounds
LOOK_EVERY = 5  # rounds between losses: CatBoost copies all of them for its callback after each round
_LOOKS = frozenset({4, 12, 36, 108})  # rounds after which the pace is compared with the time left
_RESTART = 1.3  # how much faster learning must have to be before the rounds done are thrown away
_SHARE = 0.8  # of the time left that rounds may fill; preparing the columns again and the tables of categories follow
_FINISH = 0.15  # of the time spent so far, which counting the tables of categories at the end may take


@dataclass(frozen=True)
class Plan:
    """How long to boost: `patience` in rounds without clear gain, None without a score part.

    `work` is what the learning rates add up to, nearly, when the loss on other rows stops falling.
    """

    rate: float
    patience: int | None
    max_rounds: int
    work: float

    @classmethod
    def of(cls, rate: float, n_rows: int, leaves_per_round: int, scored: bool, work: float) -> Plan:
        """Return the plan for so many rows and leaves; without a score part, of as many rounds as the work takes."""
        patience = patience_for(n_rows)
        most = max(20, min(MAX_ROUNDS, MAX_LEAVES // leaves_per_round))
        return cls(rate, patience if scored else None, most if scored else min(most, round(work / rate)), work)

    def faster(self, rate: float, n_rounds: float) -> Plan:
        """The plan with another learning rate; without a score part, as many rounds as it then takes."""
        most = self.max_rounds if self.patience is not None else max(1, min(self.max_rounds, round(n_rounds)))
        return Plan(rate, self.patience, most, self.work)


class Watch:
    """CatBoost's callback: after each round it says whether to go on.

    `again` is the plan to begin again with where the time left is too short for this one; CatBoost cannot change its
    learning rate while it trains. Without a deadline nothing depends on the clock.
    """

    def __init__(self, plan: Plan, limits: Limits, metric: str, may_restart: bool = True) -> None:
        self.again: Plan | None = None
        self.best_round, self.best_loss = 0, float("inf")  # the round from 1; 0 while no loss was finite
        self._plan, self._limits, self._metric, self._may_restart = plan, limits, metric, may_restart
        self._patience = None if plan.patience is None else Patience(plan.patience)
        self._done = 0
        self._created = self._first = time.monotonic()

    def after_iteration(self, info: Any) -> bool:
        """Return whether to grow another tree."""
        self._done += 1
        if self._done == 1:
            self._first = time.monotonic()
        if self._patience is not None:
            loss = info.metrics["validation"][self._metric][-1]
            if loss < self.best_loss:
                self.best_round, self.best_loss = self._done, loss
            if not self._patience.hopeful(self._done, loss):
                return False
        return self._limits.deadline is None or self._in_time()

    def _in_time(self) -> bool:
        now = time.monotonic()
        left = self._limits.seconds_left
        if self._done == 1:
            return left > _FINISH * (now - self._created)
        seconds = (now - self._first) / (self._done - 1)
        if left < 2 * seconds + _FINISH * (now - self._created):
            return False
        if self._may_restart and self._done in _LOOKS:
            self.again = self._replan(max(seconds, 1e-9), left)
        return self.again is None

    def _replan(self, seconds: float, left: float) -> Plan | None:
        """Return a plan whose work fits into the time left, if that is worth beginning again."""
        plan = self._plan
        if plan.rate * (self._done + _SHARE * left / seconds) >= plan.work:
            return None
        rounds = _SHARE * (left - (self._first - self._created)) / seconds
        if rounds < 2:
            return None
        rate = min(FASTEST, plan.work / rounds)
        return plan.faster(rate, rounds) if rate > _RESTART * plan.rate else None
