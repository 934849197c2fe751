"""A search that tries a portfolio on two cores, as far as what was measured can tell.

Like the engine: each family's default first, the cheapest family first; then, in the place of the allocator's draws,
each family's second entry, and so on. What cannot end in time is not started, no trial may hold the search for
more than a share of it, and long trials are divided among the workers. Nothing is stopped early, and when the portfolio
has been tried the search rests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from automl.ensemble import SLACK, STEPS
from automl.search.allowance import TRIAL_LEAST, TRIAL_SHARE
from automl.search.division import SPLIT_SHARE
from automl.search.shortlist import shortlist
from benchmarks.portfolio.evidence import Measurement, Part
from benchmarks.portfolio.judge import Array

WORKERS = 2
STARTING = 2.0  # seconds before the first trial: imports, reading, folds
FINISHING, FINISHING_SHARE = 2.5, 0.035  # seconds after the last one, and their share of the time limit
LUCKIEST = -0.5

Portfolio = Mapping[str, Sequence[str]]
"""Keys of configurations by family, in the order in which they are tried."""


@dataclass(frozen=True)
class Budget:
    """A time limit in seconds, and what of it is left for the search."""

    limit: float

    @property
    def search(self) -> float:
        """Seconds from the first trial to the last."""
        return max(1.0, self.limit * (1 - FINISHING_SHARE) - STARTING - FINISHING)

    @property
    def trial(self) -> float:
        """Seconds that one trial may take, however many workers share it."""
        return max(TRIAL_LEAST, TRIAL_SHARE * self.search)

    def wall(self, one: Measurement, left: float) -> float:
        """Return how long a trial takes that starts when so many seconds are left."""
        divided = one.fits > 1 and one.seconds >= SPLIT_SHARE * left
        return one.seconds / min(WORKERS, one.fits) if divided else one.seconds


def search(part: Part, portfolio: Portfolio, budget: Budget) -> list[str]:
    """Return the keys of the trials that end well in time, in the order of their start."""
    free = [0.0] * WORKERS
    done = []
    for one in _order(part, portfolio):
        free.sort()
        left = budget.search - free[0]
        wall = budget.wall(one, left)
        busy = range(1 if wall == one.seconds else WORKERS)
        if wall > budget.trial or free[busy[-1]] + wall > budget.search:
            continue
        for worker in busy:
            free[worker] += wall
        if one.complete:
            done.append(one.key)
    return done


def _order(part: Part, portfolio: Portfolio) -> Iterator[Measurement]:
    """Yield what was measured of a portfolio: level by level, the cheapest first."""
    for level in range(max(map(len, portfolio.values()), default=0)):
        keys = [entries[level] for entries in portfolio.values() if level < len(entries)]
        known = [part.measurements[key] for key in keys if key in part.measurements]
        yield from sorted(known, key=lambda one: (one.seconds, one.key))


def weights(part: Part, keys: Sequence[str]) -> Array:
    """Return weights (n_keys,) that sum to one, chosen as the engine's ensemble chooses them."""
    ones = [part.measurements[key] for key in keys]
    chosen = shortlist([one.error for one in ones], [one.family for one in ones])
    facts = part.facts([keys[i] for i in chosen])
    counts, total = np.zeros(len(chosen)), np.zeros(facts.shape[1:])
    best, lowest = counts, np.inf
    for step in range(STEPS):
        errors = part.judge.errors((facts + total) / (step + 1))
        pick = int(np.argmin(errors))
        members = np.flatnonzero(counts)
        if len(members):
            favourite = int(members[np.argmin(errors[members])])
            if errors[favourite] <= errors[pick] + SLACK * abs(errors[pick]):
                pick = favourite
        counts[pick] += 1
        total = total + facts[pick]
        if errors[pick] < lowest - 1e-12:
            best, lowest = counts.copy(), float(errors[pick])
    result = np.zeros(len(keys))
    result[chosen] = best / best.sum()
    return result


def ensemble_error(part: Part, keys: Sequence[str]) -> float:
    """Return the error on the test part of the ensemble of these trials, infinite where there are none."""
    if not keys:
        return float("inf")
    chosen = weights(part, keys)
    members = np.flatnonzero(chosen)
    blend = np.tensordot(chosen[members], part.test_facts([keys[int(i)] for i in members]), axes=1)
    return float(part.test_judge.errors(blend[None])[0])


@dataclass(frozen=True)
class Scale:
    """The errors that are regrets of 0 and of 1: the best that is known, and that of the median configuration.

    The best is the ensemble of all that was measured or, where luck has it, a single configuration.
    """

    best: float
    usual: float

    @classmethod
    def of(cls, part: Part) -> Scale:
        """Judge everything that ended well."""
        alone = list(part.test_errors.values())
        return cls(min(ensemble_error(part, part.complete), *alone), float(np.median(alone)))

    def regret(self, error: float | Array) -> Array:
        """Normalise errors; what is worse than the median configuration counts as 1, no model at all too.

        No ensemble can be so lucky with a test part that it counts for less than `LUCKIEST`.
        """
        span = self.usual - self.best
        if span <= 1e-9 * abs(self.usual):  # nothing is gained by anything: a hundredth of the error stands for it
            span = max(0.01 * abs(self.usual), 1e-9)
        return np.clip((np.asarray(error) - self.best) / span, LUCKIEST, 1.0)
