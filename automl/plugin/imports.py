"""Importing plugins with limited patience: a slow import costs its plugin the run, and not the run its time."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint
from typing import Any

from automl.errors import PluginError

LEAST_PATIENCE = 1.0  # seconds for each plugin, though those before it have used up everything


@dataclass(eq=False)
class _Import:
    """One import in a thread of its own, which cannot be ended and goes on behind a run that does without it."""

    entry: EntryPoint
    module: Any = None
    error: BaseException | None = None
    thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._load, daemon=True, name=f"import-{self.entry.name}")
        self.thread.start()

    def _load(self) -> None:
        try:
            self.module = self.entry.load()
        except BaseException as error:  # raised again where the import is waited for
            self.error = error


@dataclass
class Importer:
    """Loads entry points within `patience` seconds in all (None: however long it takes)."""

    patience: float | None = None
    late: list[threading.Thread] = field(default_factory=list)
    _started: float = field(default_factory=time.monotonic)

    def load(self, entry: EntryPoint) -> Any:
        """Return what an entry point names; raise what its import raises, or `PluginError` where that is too slow."""
        if self.patience is None:
            return entry.load()
        left = max(LEAST_PATIENCE, self.patience - (time.monotonic() - self._started))
        attempt = _Import(entry)
        attempt.thread.join(left)
        if attempt.thread.is_alive():
            self.late.append(attempt.thread)
            raise PluginError(f"its import took more than the {left:.0f} s that a run of this length waits for it")
        if attempt.error is not None:
            raise attempt.error
        return attempt.module
