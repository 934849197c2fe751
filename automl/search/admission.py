"""From a proposal to a trial that waits: what it will cost and hold, and on how many workers it will run."""

from __future__ import annotations

from dataclasses import dataclass

from automl.memory import as_size
from automl.search.costs import Costs
from automl.search.division import Division
from automl.search.footprints import Footprints
from automl.search.pending import Pending
from automl.search.records import Trial
from automl.search.room import Room
from automl.search.study import Asked

LOADING = 8.0  # seconds in which a worker loads the libraries that a family names, before its trial's time begins


@dataclass(frozen=True)
class Admission:
    """Weighs trials by what is known of time (`costs`, `division`) and of memory (`footprints`, `room`)."""

    costs: Costs
    division: Division
    footprints: Footprints
    room: Room

    def admit(self, trial: Trial, asked: Asked) -> Pending:
        """Let a trial wait for its turn, or decline it, with the reason, where it could not run even alone."""
        cost = self.costs.estimate(trial.family, trial.params)
        parts = self.division.parts(trial.family, cost)
        need = self.footprints.need(trial.family, trial.params)
        loading = LOADING if self.division.context.families[trial.family].imports else 0.0
        pending = Pending(trial, asked, parts, self.costs.units(trial.family, trial.params), need, cost, loading)
        if self.room.lacks(need, self.footprints.base):
            limit = as_size(self.room.limit or 0)
            pending.reason = f"not started: it would hold {as_size(need.least)}, more than the {limit} of the run allow"
        return pending
