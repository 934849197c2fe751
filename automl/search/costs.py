"""What trials will cost: the families' own estimates, set right by what their trials took on this machine."""

from __future__ import annotations

import numpy as np

from automl.plugin.model import Params
from automl.plugin.patience import patience
from automl.search.clock import Clock
from automl.search.context import Context
from automl.search.observer import Observer


class Costs:
    """Estimates by family and configuration.

    A family's `units` are seconds of a machine that it imagines; the median ratio of what its trials took to their
    units turns them into seconds of this one.
    """

    def __init__(self, context: Context, clock: Clock, observer: Observer) -> None:
        self._context, self._clock, self._observer = context, clock, observer
        self._ratios: dict[str, list[float]] = {}
        self._silent: set[str] = set()  # families whose estimate raised

    def units(self, family: str, params: Params) -> float:
        """Ask a family what all fits of a trial cost; a second a fit where it gives no answer."""
        one, context = self._context.families[family], self._context
        fits = 1 if context.in_one_fit(family) else len(context.plan.folds)
        if family in self._silent:
            return float(fits)
        try:
            with patience(self._clock.for_answer):
                return fits * float(one.cost(params, context.dataset.task, context.profile))
        except Exception as error:  # a plugin's estimate; one second is as good as any other guess
            self._silent.add(family)
            self._observer.raised(f"{family}: its cost estimate, taken for a second a fit", error)
            return float(fits)

    def estimate(self, family: str, params: Params) -> float:
        """Estimate what a trial takes one worker: seconds, or plain units where trials are counted."""
        units = self.units(family, params)
        if self._clock.counted:
            return units
        ratios = self._ratios.get(family) or [ratio for known in self._ratios.values() for ratio in known]
        return units * float(np.median(ratios)) if ratios else units

    def learn(self, family: str, seconds: float, units: float) -> None:
        """Take in what a trial of so many units took."""
        self._ratios.setdefault(family, []).append(seconds / max(units, 1e-6))
