"""How a trial's folds are divided into jobs, so that none holds one worker while the others run out of time."""

from __future__ import annotations

from dataclasses import dataclass

from automl.search.allowance import Allowance
from automl.search.context import Context

SPLIT_SHARE = 0.1  # a trial that would take a worker more than this share of the time left is split over workers


@dataclass(frozen=True)
class Division:
    """Divides the folds of a context's plan among `workers`; where trials are counted each trial is one job."""

    context: Context
    workers: int
    allowance: Allowance

    @property
    def seconds_left(self) -> float:
        """Seconds of all workers together until the search ends; infinite where nothing depends on the clock."""
        clock = self.allowance.clock
        return float("inf") if clock.counted else self.workers * clock.left

    def parts(self, family: str, cost: float) -> list[tuple[int, ...]]:
        """Return for each job of a trial its folds, as positions in the plan; `cost` is in seconds of one worker."""
        folds, clock = tuple(range(len(self.context.plan.folds))), self.allowance.clock
        if clock.counted or self.workers == 1 or self.context.in_one_fit(family):
            return [folds]
        if cost < SPLIT_SHARE * clock.left:
            return [folds]
        return [folds[start :: self.workers] for start in range(min(self.workers, len(folds)))]

    def fits(self, family: str, cost: float) -> bool:
        """Whether a trial of this cost can end in the time that it would be given, if need be in a hurry."""
        seconds = self.allowance.seconds
        if seconds is None:
            return True
        parts = self.parts(family, cost)
        largest = max(len(part) for part in parts) / sum(len(part) for part in parts)
        return cost * largest * self.context.families[family].elastic <= seconds
