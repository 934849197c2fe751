"""How the end of a run's time is shared: choosing the ensemble, refitting, saving, testing, measuring, and leaving."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from automl.ensemble import BACKBONE_ROW_SECONDS, MOST_ROW_SECONDS, ROW_BUDGETS
from automl.search.results import Needs

CHOOSING_SHARE, CHOOSING_LEAST, CHOOSING_MOST = 0.025, 0.5, 30.0  # of the time limit, and seconds, for the ensemble
MEASURING_SHARE, MEASURING_LEAST, MEASURING_MOST = 0.01, 0.5, 5.0  # likewise, for the importance of features
REFITTING_SHARE = 0.12  # of the time limit, to fit members again on all rows, where rows were held out
REFITTING_MARGIN = 1.3  # on the seconds that their trials took: there are more rows, and models to read back
TESTING_SHARE = 0.05  # of the time limit, that predicting the test part may take
BACKBONE_TESTING_SHARE = 0.1  # likewise, with pretrained weights
SAVING = 1.8  # seconds to write the model, to load it again and to time single rows, twice where they take too long
BACKBONE_SAVING = 8.0  # more seconds for that with pretrained weights, which are large
LEAVING = 0.5  # seconds for processes to end
HURRY = 2.0  # seconds in which one small model can be saved and tested, all included


@dataclass(frozen=True)
class Pace:
    """The end of a run of `limit` seconds from `started`, on `time.monotonic()`'s clock; None is no limit.

    With `backbones`, models hold pretrained weights: they are slow, and large to save and to load. With `refits`,
    members are fitted again on all rows.
    """

    limit: float | None
    started: float = field(default_factory=time.monotonic)
    backbones: bool = False
    refits: bool = False

    def reserve(self, n_test: int, needs: Needs | None = None) -> float:
        """Return the seconds that the steps after the search need, with so many rows to test on; 0 without a limit.

        What they need is a guess where trials do not tell it yet (None).
        """
        if self.limit is None:
            return 0.0
        refitting = REFITTING_SHARE * self.limit * self.refits
        if needs is not None:
            refitting = min(refitting, REFITTING_MARGIN * needs.refit_seconds)
        after = self._after(self.limit, n_test, None if needs is None else needs.row_seconds)
        return min(self.limit / 3, (self.choosing or 0.0) + refitting + after)

    def searched(self, n_test: int, needs: Needs | None = None) -> float | None:
        """Return when the search ends, on `time.monotonic()`'s clock, by what `reserve` says; None without a limit.

        Without a model yet (None) it goes on as long as one can still be saved: any is better than none.
        """
        if self.limit is None:
            return None
        hurry = min(HURRY + self.backbones * BACKBONE_SAVING, self.limit / 3)
        return self.started + self.limit - (hurry if needs is None else self.reserve(n_test, needs))

    def refitted(self, n_test: int) -> float | None:
        """Return when the last member should have been fitted again, on `time.monotonic()`'s clock."""
        return None if self.limit is None else self.started + self.limit - self._after(self.limit, n_test)

    @property
    def row_budgets(self) -> tuple[float, ...]:
        """What one row may cost to predict on one core, in seconds: more than the first only for a gain."""
        return (*ROW_BUDGETS, BACKBONE_ROW_SECONDS) if self.backbones else ROW_BUDGETS

    @property
    def choosing(self) -> float | None:
        """Seconds for choosing the ensemble."""
        return self._share(CHOOSING_SHARE, CHOOSING_LEAST, CHOOSING_MOST)

    @property
    def measuring(self) -> float | None:
        """Seconds for measuring what features are worth."""
        return self._share(MEASURING_SHARE, MEASURING_LEAST, MEASURING_MOST)

    @property
    def end(self) -> float | None:
        """When everything should be done."""
        return None if self.limit is None else self.started + self.limit - LEAVING

    @property
    def tested(self) -> float | None:
        """When the test part should have been predicted."""
        return None if self.end is None else self.end - MEASURING_LEAST

    def saved(self, n_test: int, row_seconds: float) -> float | None:
        """Return when the last save should end, where one of so many rows takes so many seconds on one core."""
        if self.limit is None or self.tested is None:
            return None
        return self.tested - self._testing(self.limit, n_test, row_seconds)

    @property
    def _saving(self) -> float:
        return SAVING + self.backbones * BACKBONE_SAVING

    def _after(self, limit: float, n_test: int, row_seconds: float | None = None) -> float:
        """Return the seconds that the steps after the choice of members need."""
        if row_seconds is None:
            row_seconds = BACKBONE_ROW_SECONDS if self.backbones else MOST_ROW_SECONDS
        slowest = min(self.row_budgets[-1], row_seconds)
        return self._saving + self._testing(limit, n_test, slowest) + (self.measuring or 0.0) + LEAVING

    def _testing(self, limit: float, n_rows: int, row_seconds: float) -> float:
        share = BACKBONE_TESTING_SHARE if self.backbones else TESTING_SHARE
        return min(share * limit, n_rows * row_seconds / 2)

    def _share(self, share: float, least: float, most: float) -> float | None:
        return None if self.limit is None else min(most, max(least, self.limit * share))
