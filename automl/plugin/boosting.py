"""What families of boosted trees share: when to stop, and how fast to learn where the time is short."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from automl.data.dataset import Profile
from automl.errors import TrialFailed
from automl.plugin.family import ModelFamily
from automl.plugin.model import Limits, Params
from automl.plugin.params import real
from automl.task import Task

MAX_ROUNDS = 3000
FASTEST = 0.3
"""The highest learning rate: a higher one costs more accuracy than unfinished boosting does."""
NEVER_FINITE = "the loss on the score part was never a finite number: look for infinite targets"
_GAIN = 1e-3  # the share by which the loss must fall within the patience; what falls slower is not worth its time
_WORK = 12.0  # learning rates add up to at least about this when the loss on other rows stops falling
_FIRST_LOOK = 1.5  # of that sum, after which the loss is looked at whenever the sum has doubled
_FALL = 0.04  # the share by which the loss falls in a doubling that is worth another one
_FURTHEST = 4.0  # of the sum so far, how far what is seen of the loss is trusted to tell
_SHARE = 0.85  # of the time left that rounds may fill; writing the trees takes the rest
_SHARE_OF_RUN = 0.1  # of a run's seconds that the folds of one configuration may take
_FOLDS = 8


def patience_for(n_rows: int) -> int:
    """Take a third of the patience that AutoGluon has: 300 rounds up to 10,000 rows, 3e6 / rows beyond."""
    return max(20, min(100, 1_000_000 // max(1, n_rows)))


class Patience:
    """Watches the loss on other rows: `hopeful` says whether a clear gain may still come."""

    def __init__(self, rounds: int) -> None:
        self._rounds = rounds
        self._milestone = float("inf")
        self._last = 0

    def hopeful(self, done: int, loss: float) -> bool:
        """Take the loss after `done` rounds; the wait for the next clear gain grows with the rounds before the last."""
        if loss < self._milestone * (1 - _GAIN):
            self._milestone, self._last = loss, done
        return done - self._last < max(self._rounds, 0.3 * self._last + 20)


class Outlook:
    """Extrapolates the loss on other rows: `needed` is what learning rates will add up to when it stops falling.

    That varies from 3 to over 200 between tables (LightGBM on the tables at hand), but the loss falls about as a power
    of it: where the last doubling still lowered it by much, the next will too.
    """

    def __init__(self) -> None:
        self.needed = _WORK
        self._next, self._before = _FIRST_LOOK, math.inf

    def changes(self, work: float, lowest: float) -> bool:
        """Take the lowest loss so far, where learning rates add up to `work`; say whether they have doubled."""
        if work < self._next:
            return False
        if math.isfinite(self._before) and lowest != 0.0:
            fallen = (self._before - lowest) / abs(lowest)
            self.needed = max(_WORK, work * min(_FURTHEST, 1.0 + fallen / _FALL))
        self._next, self._before = 2 * work, lowest
        return True


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
class Pace:
    """How to boost: the learning rate, the patience in rounds, and what may be spent.

    `looks` are the rounds after which the pace is compared with the time left. `writing` is the part of the time spent
    in rounds that writing the trees may take.
    """

    rate: float
    patience: int
    max_rounds: int = MAX_ROUNDS
    looks: frozenset[int] = frozenset({2, 5, 10, 20, 40, 80, 160, 320, 640, 1280})
    writing: float = 0.12


def boost(machine: Machine, pace: Pace, limits: Limits) -> int:
    """Boost until the loss stops falling or the time is up; return the best number of rounds.

    The learning rate is raised where the rounds left would leave the model unfinished, as an `Outlook` sees it: those
    up to `max_rounds`, or as many as a deadline leaves, by the seconds that a round was measured to take. Without a
    deadline nothing depends on the clock, so that a seed gives the same model on every machine. Raise `TrialFailed`
    where no loss is a finite number.
    """
    rate, work, best, lowest = pace.rate, 0.0, 0, float("inf")
    patience, outlook = Patience(pace.patience), Outlook()
    started = time.monotonic()
    for done in range(1, pace.max_rounds + 1):
        machine.step()
        work += rate
        loss, look = machine.loss(), done in pace.looks
        if loss is None:
            best = done
            if work >= _WORK:
                break
        else:
            if loss < lowest:
                lowest, best = loss, done
            if not patience.hopeful(done, loss):
                break
            look |= outlook.changes(work, lowest)
        left = float(pace.max_rounds - done)
        if limits.deadline is not None:
            spent = time.monotonic() - started
            seconds = spent / done
            if limits.seconds_left < 2 * seconds + pace.writing * spent:
                break
            left = min(left, _SHARE * limits.seconds_left / max(seconds, 1e-9))
        if look:
            needed = rate_in_time(rate, outlook.needed - work, left)
            if needed > rate:
                rate = needed
                machine.learn_faster(rate)
    if not best:
        raise TrialFailed(NEVER_FINITE)
    return best


def boost_again(machine: Machine, rates: Sequence[float], limits: Limits) -> int:
    """Boost a round at each of these learning rates, the first of which the machine begins with; return how many.

    Raise `TrialFailed` where the time is up before: fewer rounds would be a worse model than the one to be replaced.
    """
    rate = rates[0]
    for done, wanted in enumerate(rates):
        if limits.seconds_left <= 0:
            raise TrialFailed(f"out of time after {done} of {len(rates)} rounds")
        if wanted != rate:
            rate = wanted
            machine.learn_faster(rate)
        machine.step()
    return len(rates)


def rate_in_time(rate: float, work_left: float, rounds_left: float) -> float:
    """Return the learning rate that does the work in the rounds left: at least `rate`, raised to `FASTEST` at most.

    The work is what the learning rates of these rounds have to add up to.
    """
    return max(rate, min(FASTEST, work_left / max(rounds_left, 1.0)))


def rate_in_run(rate: float, fold_seconds: float, run_seconds: float, fastest: float, folds: int = _FOLDS) -> float:
    """Raise a learning rate, up to `fastest`, so that the folds take at most about a tenth of the run's seconds.

    More than eight count as eight, since only small tables have them.
    """
    slower_by = min(folds, _FOLDS) * fold_seconds / (_SHARE_OF_RUN * run_seconds)
    return min(fastest, rate * max(1.0, slower_by))


def rates_in_run(
    family: ModelFamily, entries: Sequence[Params], task: Task, profile: Profile, fastest: float
) -> list[Params]:
    """Raise the `learning_rate` of portfolio entries by `rate_in_run`, so that no trial takes too much of a run."""
    if profile.seconds is None:
        return list(entries)
    result: list[Params] = []
    for entry in entries:
        seconds = family.cost(entry, task, profile)
        rate = rate_in_run(real(entry, "learning_rate"), seconds, profile.seconds, fastest, profile.folds)
        result.append({**entry, "learning_rate": rate})
    return result
