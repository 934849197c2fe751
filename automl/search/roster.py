"""Which families a search still tries: the study of each, how it does, and when it is given up."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from automl.search.allocator import Progress
from automl.search.events import Closed
from automl.search.observer import Observer
from automl.search.records import TrialRecord
from automl.search.study import FamilyStudy

FAILURES = 3  # a family that has only failed, this many times, is not tried again
FAILURES_IN_A_ROW = 10  # nor is one that has succeeded, after so many


class Roster:
    """The families of a search by name: `studies` and `progress` of all that could be asked, `closed` with reasons."""

    def __init__(self, observer: Observer) -> None:
        self.studies: dict[str, FamilyStudy] = {}
        self.progress: dict[str, Progress] = {}
        self._closed: dict[str, str] = {}
        self._failures: dict[str, int] = {}  # in a row
        self._observer = observer

    @property
    def closed(self) -> Mapping[str, str]:
        """Families that are tried no more, and why."""
        return self._closed

    @property
    def open(self) -> list[str]:
        """Families that are still tried, in the order in which they joined."""
        return [name for name in self.studies if name not in self._closed]

    def join(self, name: str, study: FamilyStudy) -> None:
        """Let a family take part."""
        self.studies[name] = study
        self.progress[name] = Progress()

    def close(self, name: str, why: str) -> None:
        """Try a family no more."""
        self._closed[name] = why
        self._observer.event(Closed(name, why))

    def leave_out(self, name: str, what: str, error: Exception) -> None:
        """Try a family no more because something of it (`what`, in words) raised."""
        self._give_up(name, f"{what} raised {type(error).__name__}: {error}")
        self._observer.raised(f"{name}: {what}", error)

    def count_failures(self, record: TrialRecord) -> None:
        """Close a family that fails and fails; one that ignores its deadline costs most, and is closed sooner."""
        name = record.family
        if record.state != "failed":
            self._failures[name] = 0
            return
        self._failures[name] = self._failures.get(name, 0) + (2 if record.overran else 1)
        most = FAILURES_IN_A_ROW if np.isfinite(self.progress[name].best) else FAILURES
        if self._failures[name] >= most and name not in self._closed:
            self._give_up(name, f"it failed too often in a row, the last time because {record.reason}")

    def _give_up(self, name: str, why: str) -> None:
        self.close(name, why)
        self._observer.note(f"{name} is left out: {why}")
