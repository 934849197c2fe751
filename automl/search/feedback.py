"""Telling studies what came of their proposals, failures included."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from automl.search.records import TrialRecord
from automl.search.study import Asked, FamilyStudy


class Feedback:
    """Reports results to the families' studies; what fails counts as the worst error that any trial has shown.

    As long as none has shown any, failures wait for their penalty; Optuna's sampler takes a running trial for a bad
    one.
    """

    def __init__(self, studies: Mapping[str, FamilyStudy]) -> None:
        self._studies = studies
        self._worst = -np.inf
        self._unpunished: list[tuple[Asked, TrialRecord]] = []

    def see(self, record: TrialRecord) -> None:
        """Take note of a trial's error, before it is told or when it is of an earlier process."""
        if record.error is not None:
            self._worst = max(self._worst, record.error)

    def tell(self, asked: Asked, record: TrialRecord, *, over: bool) -> None:
        """Report a result; once the time is `over` what fails is no fault of its configuration."""
        if np.isfinite(self._worst):
            for earlier, failure in self._unpunished:
                self._studies[failure.family].tell(earlier, failure, self._worst)
            self._unpunished.clear()
        if record.state == "failed" and not np.isfinite(self._worst) and not over:
            self._unpunished.append((asked, record))
        else:
            self._studies[record.family].tell(asked, record, None if over else self._worst)
