"""Whose turn it is: the family with the best estimated cost for an improvement, with a floor for all.

After FLAML (Wang, Wu, Weimer, Zhu 2021, arXiv 1911.04706), section 4.2; deviations: a family that is behind and has
shown no improvement yet is slowed by its distance to the best rather than by its (unknown) speed, and a share of the
turns is uniform, so that the ensemble keeps its variety.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

UNIFORM_SHARE = 0.15  # of the turns, shared evenly
BEHIND_FACTOR = 6.0  # slow-down of a family whose distance to the best equals the families' spread


@dataclass
class Progress:
    """What one family has cost and reached so far.

    Costs are seconds, or the families' own estimates where the number of trials is fixed. `best` and `previous_best`
    are the family's lowest errors, infinite before there are any; `finished` counts trials of every outcome.
    """

    spent: float = 0.0
    best: float = float("inf")
    spent_at_best: float = 0.0
    spent_at_previous_best: float = 0.0
    previous_best: float = float("inf")
    finished: int = 0

    def add(self, cost: float, error: float | None) -> None:
        """Account for a finished trial; `error` is None where it was stopped or failed."""
        self.spent += cost
        self.finished += 1
        if error is not None and error < self.best:
            self.previous_best, self.spent_at_previous_best = self.best, self.spent_at_best
            self.best, self.spent_at_best = error, self.spent


def estimated_cost_for_improvement(progress: Progress, best: float, spread: float) -> float:
    """Estimate what the next improvement of a family costs, in the unit of `Progress.spent`.

    `best` is the lowest error of all families, `spread` how far the median family's best is from it, above 0.
    """
    own = max(progress.spent_at_best - progress.spent_at_previous_best, progress.spent - progress.spent_at_best, 1e-3)
    gap = progress.best - best
    if gap <= 0:
        return own
    gained = progress.previous_best - progress.best
    if np.isfinite(gained) and gained > 0:
        speed = gained / max(progress.spent - progress.spent_at_previous_best, 1e-3)
        return max(own, 2 * gap / speed)
    return own * (1 + BEHIND_FACTOR * gap / spread)


def turn_probabilities(families: Mapping[str, Progress], uniform: float = UNIFORM_SHARE) -> dict[str, float]:
    """Return the chance of each family to be next: they sum to one, and none is below its part of `uniform`.

    The rest is in proportion to the inverse of the estimated cost for improvement, nothing for a family without any
    error yet.
    """
    bests = [p.best for p in families.values() if np.isfinite(p.best)]
    if not bests:
        return {name: 1 / len(families) for name in families}
    best = min(bests)
    spread = float(np.median(bests)) - best or 1e-9
    inverse = {
        name: 1 / estimated_cost_for_improvement(p, best, spread) if np.isfinite(p.best) else 0.0
        for name, p in families.items()
    }
    total = sum(inverse.values())
    return {name: uniform / len(families) + (1 - uniform) * value / total for name, value in inverse.items()}
