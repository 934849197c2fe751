"""Writing into a run folder whose disk may be full."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from automl.errors import RunError
from automl.runfolder import release
from automl.search.journal import Journal
from automl.search.observer import Observer

T = TypeVar("T")


@dataclass(frozen=True)
class DiskSpace:
    """Makes room on a full disk: what was reserved, and the models of trials other than those `used`, by number."""

    folder: Path
    used: Collection[int]
    observer: Observer

    def write(self, step: Callable[[], T]) -> T:
        """Do what writes into the run folder, a second time where it could not; raise `RunError` if that fails too."""
        try:
            return step()
        except OSError as error:
            why = error.strerror or error
            self.observer.note(f"the disk is full ({why}): models that the ensemble does not use make room")
        self._make_room()
        try:
            return step()
        except OSError as error:
            raise RunError(
                f"the model cannot be written into '{self.folder}' ({error.strerror or why}): make room, then go on by "
                f"automl fit --resume {self.folder}"
            ) from error

    def _make_room(self) -> None:
        release(self.folder)
        journal = Journal(self.folder)
        for record in journal.records():
            if record.number not in self.used:
                journal.drop_models(record.number)
