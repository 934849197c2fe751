"""Fitting members again on all rows, where they were judged on rows that none of them has learned from.

A model that has seen these rows as well is a better one, though nothing is left to judge it by: what it gains by them
is taken on trust, as is usual (FLAML's `retrain_full`, AutoGluon's `refit_full`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from automl.combining import Chosen
from automl.memory import own_bytes
from automl.search.again import AgainJob, run_again
from automl.search.events import Refitted
from automl.search.observer import Observer
from automl.search.records import SavedModel, Trial, TrialRecord
from automl.search.room import Killable

_LATE = 0.5  # seconds after the deadline that a fit may take to be saved


@dataclass(frozen=True)
class Refitting:
    """Where and how long models may be fitted again.

    `executor` runs up to `workers` fits at once, which read the search's context from `context_path`. They end by
    `until`, on `time.monotonic()`'s clock, and hold no more than `memory` bytes together with this process; None is no
    limit.
    """

    executor: Executor
    workers: int
    context_path: Path
    observer: Observer
    until: float | None = None
    memory: int | None = None

    def refitted(self, chosen: Chosen) -> Chosen:
        """Fit the members on all rows, the heaviest first, as many as the time allows.

        The others stay as they are, and so does one whose family cannot, or fails.
        """
        started, choice = time.monotonic(), chosen.choice
        models = self._fit([member.record for member in choice.members if member.record.partial])
        self.observer.event(Refitted(tuple(sorted(models)), len(choice.members), time.monotonic() - started))
        records = [
            replace(record, models=(models[record.number],)) if record.number in models else record
            for record in chosen.combiner.records
        ]
        combiner = replace(chosen.combiner, records=tuple(records))
        return Chosen(combiner, combiner.of_ensemble(choice.ensemble))

    def _fit(self, waiting: list[TrialRecord]) -> dict[int, SavedModel]:
        """Return the new models by the number of their trial."""
        running: dict[Future[SavedModel | None], TrialRecord] = {}
        models: dict[int, SavedModel] = {}
        self._begin(waiting, running)
        while running and self._left + _LATE > 0:
            wait(running, timeout=None if self.until is None else self._left + _LATE, return_when=FIRST_COMPLETED)
            for future in [future for future in running if future.done()]:
                record = running.pop(future)
                if (model := self._result(future, record)) is not None:
                    models[record.number] = model
            self._begin(waiting, running)
        for future in running:
            self._end(future)
        return models

    def _begin(self, waiting: list[TrialRecord], running: dict[Future[SavedModel | None], TrialRecord]) -> None:
        """Start as many as may run now."""
        while (record := self._next(waiting, running)) is not None:
            waiting.remove(record)
            running[self._submit(record)] = record

    @property
    def _left(self) -> float:
        return math.inf if self.until is None else self.until - time.monotonic()

    def _next(self, waiting: list[TrialRecord], running: Mapping[Any, TrialRecord]) -> TrialRecord | None:
        """Return the first that is likely to end in time, if a worker and memory are free for it."""
        if len(running) >= self.workers:
            return None
        for record in waiting:
            held = own_bytes() + sum(other.memory for other in running.values()) + record.memory
            room = self.memory is None or not running or held <= self.memory
            if room and record.seconds <= self._left:
                return record
        return None

    def _submit(self, record: TrialRecord) -> Future[SavedModel | None]:
        trial = Trial(record.number, record.family, record.params, record.seed, record.origin)
        return self.executor.submit(run_again, self.context_path, AgainJob(trial, record.models[0], self.until))

    def _result(self, future: Future[SavedModel | None], record: TrialRecord) -> SavedModel | None:
        """Return what a fit came to; the model that was judged stays where it came to nothing."""
        try:
            return future.result()
        except Exception as error:  # the trial boundary: out of time, or a plugin's fault
            self.observer.raised(f"{record.family}: trial {record.number} on all rows", error)
            return None

    def _end(self, future: Future[Any]) -> None:
        if isinstance(self.executor, Killable):
            self.executor.kill(future, "the time to fit on all rows is over")
