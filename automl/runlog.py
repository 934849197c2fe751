"""The run's log: one JSON line for everything that an observer is told."""

from __future__ import annotations

import json
import time
import traceback
from pathlib import Path
from typing import Any

from automl.search.observer import Observer
from automl.search.records import TrialRecord


class RunLog(Observer):
    """Appends lines `{"time": seconds since 1970, "event": …}` to a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def phase(self, name: str, detail: str = "") -> None:
        """Log the beginning of a phase."""
        self._write(event="phase", name=name, detail=detail)

    def note(self, text: str) -> None:
        """Log a note."""
        self._write(event="note", text=text)

    def raised(self, where: str, error: BaseException) -> None:
        """Log an exception with its traceback, its causes' and, where a worker raised it, the worker's."""
        self._write(event="raised", where=where, traceback="".join(traceback.format_exception(error)))

    def trial(self, record: TrialRecord, best: float | None) -> None:
        """Log the outcome of a trial."""
        self._write(
            event="trial",
            number=record.number,
            family=record.family,
            state=record.state,
            error=record.error,
            best=best,
            seconds=round(record.seconds, 3),
            reason=record.reason,
        )

    def _write(self, **line: Any) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"time": round(time.time(), 3)} | line) + "\n")
