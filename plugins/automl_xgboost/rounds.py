"""How many rounds to boost, and how fast to learn where the time is short."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

from automl.plugin import Limits

MAX_ROUNDS = 3000
MAX_TREES = 20_000  # a round grows a tree a label, so many labels get fewer rounds
FASTEST = 0.3  # XGBoost's own default; beyond it, unfinished boosting is the lesser evil
WORK = 12.0  # learning rates add up to about this when the loss on other rows stops falling
_GAIN = 1e-3  # share of the loss that must be won within the patience; slower gains are not worth their time
_LOOKS = frozenset({3, 10, 30, 100, 300, 1000})  # rounds after which the pace is compared with the time left
_SHARE = 0.85  # of the time left that rounds may fill
_WRITING = 0.05  # of the time spent so far, which serialising the trees may take


class Machine(Protocol):
    """What boosting drives: one more round, its loss on the score part, and another learning rate."""

    def step(self) -> None:
        """Grow the trees of one round."""
        ...

    def loss(self) -> float | None:
        """Return the loss on the score part after the last round; None without one."""
        ...

    def learn_faster(self, rate: float) -> None:
        """Use this learning rate from the next round on."""
        ...


@dataclass(frozen=True)
class Plan:
    """How long to boost: `patience` in rounds without clear gain on the score part."""

    rate: float
    patience: int
    max_rounds: int

    @classmethod
    def of(cls, rate: float, n_rows: int, trees_per_round: int) -> Plan:
        """Take a third of the patience that AutoGluon has: 300 rounds up to 10,000 rows, 3e6 / rows beyond."""
        patience = max(20, min(100, 1_000_000 // max(1, n_rows)))
        return cls(rate, patience, min(MAX_ROUNDS, MAX_TREES // trees_per_round))


def boost(machine: Machine, plan: Plan, limits: Limits) -> int:
    """Boost until the loss stops falling or the time is up; return the best number of rounds, 0 if none was finite.

    Without a deadline nothing depends on the clock, so that a seed gives the same model on every machine.
    """
    rate, work, best, milestone_at = plan.rate, 0.0, 0, 0
    lowest = milestone = float("inf")
    started = time.monotonic()
    for done in range(1, plan.max_rounds + 1):
        machine.step()
        work += rate
        loss = machine.loss()
        if loss is None:
            best = done
            if work >= WORK:
                break
        else:
            if loss < lowest:
                lowest, best = loss, done
            if loss < milestone * (1 - _GAIN):
                milestone, milestone_at = loss, done
            if done - milestone_at >= max(plan.patience, 0.3 * milestone_at + 20):
                break
        if limits.deadline is None:
            continue
        spent = time.monotonic() - started
        if limits.seconds_left < 2 * spent / done + _WRITING * spent:
            break
        if done in _LOOKS:
            rounds_left = _SHARE * limits.seconds_left * done / max(spent, 1e-9)
            faster = min(FASTEST, (WORK - work) / max(rounds_left, 1.0))
            if faster > rate:
                rate = faster
                machine.learn_faster(rate)
    return best
