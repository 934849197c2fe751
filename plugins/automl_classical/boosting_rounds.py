"""How many rounds to boost: until the loss stops falling or the deadline comes, whichever is first."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from automl.plugin import Limits

MAX_ROUNDS = 3000
MAX_TREES = 25_000  # a round grows a tree a label, so many labels get fewer rounds
_GAIN = 1e-3  # the share by which the loss must fall within the patience; what falls slower is not worth its time
_WORK = 12.0  # a fit has converged, nearly, when its learning rates add up to this
_FASTEST = 0.3  # a higher learning rate costs more accuracy than unfinished boosting does
_CHECKS = frozenset({2, 5, 10, 20, 40, 80, 160, 320, 640, 1280})  # rounds at which the pace is looked at
_SHARE = 0.85  # of the time left that rounds may fill; writing the model takes the rest
_WRITING = 0.12  # of the time spent in rounds, which writing the trees as text may take


@dataclass(frozen=True)
class Stopping:
    """When to stop: `patience` in rounds without improvement of the score part's loss, None without a score part."""

    learning_rate: float
    patience: int | None
    max_rounds: int = MAX_ROUNDS

    @classmethod
    def of(cls, learning_rate: float, n_rows: int, trees_per_round: int, scored: bool) -> Stopping:
        """Follow AutoGluon's rule, 300 rounds up to 10,000 rows and fewer beyond, at a third of its length."""
        patience = max(20, min(100, 1_000_000 // max(1, n_rows)))
        return cls(learning_rate, patience if scored else None, min(MAX_ROUNDS, MAX_TREES // trees_per_round))

    def out_of_patience(self, done: int, last: int) -> bool:
        """Whether the last clear gain lies so far back, after `done` rounds, that no other is expected."""
        return self.patience is not None and done - last >= max(self.patience, 0.3 * last + 20)


def boost(booster: Any, stopping: Stopping, limits: Limits) -> int:
    """Boost, and return the best number of rounds (0: the loss was never finite).

    With a deadline, the seconds a round takes are measured, and the learning rate is raised where the rounds that fit
    would leave the model unfinished. Without one, nothing depends on time.
    """
    rate, work = stopping.learning_rate, 0.0
    best_loss = milestone = float("inf")
    best = last = 0
    started = time.monotonic()
    for done in range(1, stopping.max_rounds + 1):
        booster.update()
        work += rate
        if stopping.patience is None:
            best = done
            if work >= _WORK:
                break
        else:
            loss = booster.eval_valid()[0][2]
            if loss < best_loss:
                best_loss, best = loss, done
            if loss < milestone * (1 - _GAIN):
                milestone, last = loss, done
            if stopping.out_of_patience(done, last):
                break
        if limits.deadline is None:
            continue
        spent = time.monotonic() - started
        seconds = spent / done
        if limits.seconds_left < 2 * seconds + _WRITING * spent:
            break
        if done in _CHECKS:
            needed = rate_in_time(rate, work, _SHARE * limits.seconds_left / max(seconds, 1e-9))
            if needed > rate:
                rate = needed
                booster.reset_parameter({"learning_rate": rate})
    return best


def rate_in_time(rate: float, work: float, rounds_left: float) -> float:
    """Return the learning rate that finishes the work in the rounds left; `work` is what is done so far."""
    needed = max(0.0, _WORK - work) / max(rounds_left, 1.0)
    return max(rate, min(_FASTEST, needed))
