"""The run's log: one JSON line for everything that an observer is told, every decision with its facts.

Each line has `time` (seconds since 1970, for people), `elapsed` (seconds since this process took up the run, by a clock
that does not jump) and `event`:

- `phase`: `name` and `detail` of what begins.
- `note`: `text`, a sentence that the user saw.
- `raised`: `where`, and the `traceback` of an exception that the run outlived, the worker's included.
- `trial`: a trial has ended. `number`, `family`, `state` (complete, stopped or failed), `error` (lower is better),
  `best` so far, `folds` judged, `seconds`, `memory` (the peak of its process in bytes), `reason` if not complete.
- the events of `automl.search.events`, by their `name` and with their fields.
"""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from automl.errors import RunError
from automl.memory import as_size
from automl.search.events import Event
from automl.search.observer import Observer
from automl.search.records import TrialRecord

RUN_LOG = "run.log"
_BYTES = {"memory", "available", "need"}


class RunLog(Observer):
    """Appends lines to a file; a full disk silences it and disturbs nobody else."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._started = time.monotonic()

    def phase(self, name: str, detail: str = "") -> None:
        """Log the beginning of a phase."""
        self._write("phase", {"name": name, "detail": detail})

    def note(self, text: str) -> None:
        """Log a note."""
        self._write("note", {"text": text})

    def raised(self, where: str, error: BaseException) -> None:
        """Log an exception with its traceback, its causes' and, where a worker raised it, the worker's."""
        self._write("raised", {"where": where, "traceback": "".join(traceback.format_exception(error))})

    def event(self, event: Event) -> None:
        """Log a decision."""
        self._write(event.name, asdict(event))

    def trial(self, record: TrialRecord, best: float | None) -> None:
        """Log the outcome of a trial."""
        facts = {
            "number": record.number,
            "family": record.family,
            "state": record.state,
            "error": record.error,
            "best": best,
            "folds": len(record.fold_errors),
            "seconds": record.seconds,
            "memory": record.memory,
            "reason": record.reason,
        }
        self._write("trial", facts)

    def _write(self, event: str, facts: Mapping[str, Any]) -> None:
        stamps = {"time": round(time.time(), 3), "elapsed": round(time.monotonic() - self._started, 3)}
        line = json.dumps(stamps | {"event": event} | _rounded(facts), default=str)
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError:  # what matters more than the log will meet the full disk too, and tell it
            return


def read_log(run: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a run's log; raise `RunError` where there is none."""
    path = run / RUN_LOG
    if not path.is_file():
        raise RunError(f"no {RUN_LOG} in '{run}': it is no run folder; give the folder that `automl fit -o` named")
    with path.open(encoding="utf-8") as file:
        for line in file:
            try:
                yield json.loads(line)
            except ValueError:  # torn by a crash
                continue


def as_text(line: Mapping[str, Any]) -> str:
    """Write a line of the log for people: when, what, and its facts."""
    facts = {name: value for name, value in line.items() if name not in {"time", "elapsed", "event"}}
    told = [_told(name, value) for name, value in facts.items() if value not in (None, "", [], {})]
    return f"{line.get('elapsed', 0.0):8.1f} s  {line.get('event', '')!s:<9} {'  '.join(told)}".rstrip()


def _told(name: str, value: Any) -> str:
    if name in {"text", "name", "detail"}:
        return str(value)
    if name == "traceback":
        return "\n" + "\n".join(f"            {part}" for part in str(value).splitlines())
    if name in _BYTES and isinstance(value, int):
        return f"{name}={as_size(value)}"
    if isinstance(value, Mapping):
        return f"{name}=({', '.join(_told(key, item) for key, item in value.items())})"
    if isinstance(value, list):
        return f"{name}=[{'; '.join(_told('', item).lstrip('=') for item in value)}]"
    return f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}"


def _rounded(value: Any) -> Any:
    """Shorten floats to what is worth reading."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, Mapping):
        return {str(key): _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list | tuple) else value
