"""How long a trial may take: a share of the search's time, larger where few families share it."""

from __future__ import annotations

from dataclasses import dataclass

from automl.search.clock import Clock
from automl.search.roster import Roster

TRIAL_SHARE = 0.3  # no trial may take more than this share of the search's time
FEW_SHARE = 0.6  # of that time, divided by the number of open families, where that is more
TRIAL_LEAST = 2.0  # seconds, where a share is less


@dataclass(frozen=True)
class Allowance:
    """The seconds that a trial is given when it starts.

    A share bounds what one slow trial takes from all other families. Where there are few others, a larger one lets
    those that train all folds at once come to an end in a short run.
    """

    clock: Clock
    roster: Roster

    @property
    def share(self) -> float:
        """The share of the search's time that a trial may take, in (0, 1]."""
        return max(TRIAL_SHARE, FEW_SHARE / max(1, len(self.roster.open)))

    @property
    def seconds(self) -> float | None:
        """Seconds that a trial which starts now may take; None where only the end of the search limits it."""
        clock = self.clock
        if clock.counted or clock.deadline is None:
            return None
        return min(clock.left, max((clock.deadline - clock.started) * self.share, TRIAL_LEAST))
