"""Whose turn it is among the families that can still finish a trial."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

from automl.plugin.model import Params
from automl.search.allocator import turn_probabilities
from automl.search.costs import Costs
from automl.search.division import Division
from automl.search.roster import Roster
from automl.search.shared import SharedStudy
from automl.search.tactics import Tactics

FIRST_SHARE = 0.3
"""Of the workers' time left, that a family's first trial may take by right: on tables of 5,000 to 20,000 rows a minute
is over after three or four slow families. (TabM took 28% of it, and lowered the ensemble's error by .2% on average.)"""

ENOUGH = 3  # families with an error, from which on there is some variety already


@dataclass(frozen=True)
class Turn:
    """Whose turn it is; the fields are those of `events.Chosen`."""

    family: str
    why: str
    cost: float
    odds: Mapping[str, float] = field(default_factory=dict)


class Turns:
    """Picks families: each one's default first, cheapest first, then by estimated cost for improvement.

    But for the very first, families have no right to a first turn that are `second_hand`, by their name and their
    default, or that would take too much of the time left: they wait for one that is drawn. `tactics` may ask for equal
    chances instead; where there is a `shared` study, that one proposes the family.
    """

    def __init__(
        self,
        roster: Roster,
        costs: Costs,
        division: Division,
        tactics: Tactics,
        shared: SharedStudy | None,
        second_hand: Callable[[str, Params], bool],
        seed: int,
    ) -> None:
        self._roster, self._costs, self._division = roster, costs, division
        self._tactics, self._shared, self._second_hand, self._seed = tactics, shared, second_hand, seed
        self._random = np.random.default_rng(seed)

    def resume(self, asked: int) -> None:
        """Draw anew after so many proposals of an earlier process."""
        self._random = np.random.default_rng([self._seed, asked])

    def next(self, running: Collection[str], *, gamble: bool) -> Turn | None:
        """Pick a family; None where none can finish a trial in time.

        `running` are the families with a trial on its way. With `gamble` the cheapest is picked where none fits:
        estimates are guesses until something was measured, and a model at all is worth the risk.
        """
        costs = {name: self._cost(name) for name in self._roster.open}
        affordable = [name for name, cost in costs.items() if self._division.fits(name, cost)]
        if not affordable:
            return _cheapest(costs, "gamble") if costs and gamble else None
        progress = self._roster.progress
        fresh = {n: costs[n] for n in affordable if progress[n].finished == 0 and n not in running}
        if running or any(each.finished for each in progress.values()):
            fresh = {n: cost for n, cost in fresh.items() if cost <= self._most and not self.second_hand(n)}
        if fresh and self._tactics.uniform_share < 1:
            return _cheapest(fresh, "first")
        if self._shared is not None:
            name = self._shared.draw(affordable)
            return Turn(name, "proposed", costs[name])
        chances = turn_probabilities({name: progress[name] for name in affordable}, self._tactics.uniform_share)
        names = sorted(chances)
        name = str(self._random.choice(names, p=[chances[name] for name in names]))
        return Turn(name, "odds", costs[name], chances)

    def second_hand(self, name: str) -> bool:
        """Whether a family sees what the table has only through columns that are made of it."""
        return self._second_hand(name, self._roster.studies[name].default)

    @property
    def _most(self) -> float:
        """What a first turn may cost, in seconds of one worker."""
        known = sum(np.isfinite(each.best) for each in self._roster.progress.values())
        return FIRST_SHARE * self._division.seconds_left if known >= ENOUGH else float("inf")

    def _cost(self, name: str) -> float:
        """Estimate a family's next trial by its next strong configuration, or its default."""
        study = self._roster.studies[name]
        return self._costs.estimate(name, study.next_entry or study.default)


def _cheapest(costs: Mapping[str, float], why: str) -> Turn:
    name = min(costs, key=lambda name: (costs[name], name))
    return Turn(name, why, costs[name])
