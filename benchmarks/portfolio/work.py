"""Running a table's trials on worker processes, and turning what comes back into records."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.errors import TrialFailed
from automl.search.context import Context, dump_context
from automl.search.pending import out_of_fold, pooled_error
from automl.search.records import Trial, derived_seed
from automl.search.running import FIT_MARGIN
from automl.search.workers import WorkerPool
from benchmarks.portfolio.configurations import key_of
from benchmarks.portfolio.records import Record, write_predictions
from benchmarks.portfolio.tables import Table
from benchmarks.portfolio.trials import Measured, dump_test, measure

GRACE = 15.0  # seconds beyond its own that a trial has to save its models and to predict the test part
_LOOK = 0.25  # seconds between looks at the clock


@dataclass(frozen=True)
class Place:
    """Where a table's trials run and what they leave: a private `folder`, the folder of `predictions`, the `pool`."""

    folder: Path
    predictions: Path
    pool: WorkerPool
    workers: int

    @property
    def context(self) -> Path:
        """The file that workers read the context from."""
        return self.folder / "context.pickle"

    @property
    def test(self) -> Path:
        """The file that workers read the test part from."""
        return self.folder / "test.pickle"


@dataclass
class _Running:
    """A trial on its way; `started` is when a worker took it up."""

    record: Record
    future: Future[Measured]
    started: float | None = None


@dataclass
class Visit:
    """A visit to a table, where planned trials are measured within `cap` seconds each.

    `known` are records of earlier visits: a configuration that is the same here as one of theirs is spared.
    """

    table: Table
    place: Place
    cap: float
    known: Iterable[Record] = ()
    _same: dict[str, Record] = field(default_factory=dict, init=False)
    _waiting: dict[str, list[Record]] = field(default_factory=dict, init=False)
    _running: list[_Running] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        for record in self.known:
            if record.state != "declined":
                self._same[key_of(record.family, record.params)] = record

    def measured(self, planned: Iterable[Record], go_on: Callable[[], bool]) -> Iterator[Record]:
        """Yield the records as they are measured; nothing more is started once `go_on` says no."""
        dump_context(self.table.context, self.place.context)
        dump_test(self.table.test, self.place.test)
        self.table.truth.write(self.place.predictions / self.table.folder)
        todo = list(planned)
        while todo or self._running:
            while todo and len(self._running) < self.place.workers and go_on():
                yield from self._begin(todo.pop(0))
            if not self._running:
                return
            wait([one.future for one in self._running], timeout=_LOOK, return_when=FIRST_COMPLETED)
            self._enforce()
            for one in [one for one in self._running if one.future.done()]:
                self._running.remove(one)
                yield from self._end(one)

    def _begin(self, record: Record) -> Iterator[Record]:
        """Start a trial, unless it need not run: then yield its record."""
        key = key_of(record.family, record.params)
        if record.state == "declined":
            yield record
        elif key in self._same:
            yield _like(record, self._same[key])
        elif key in self._waiting:
            self._waiting[key].append(record)
        else:
            self._waiting[key] = []
            number = int(key.rpartition("-")[2], 16) % 10**9  # no two trials of a visit share a folder
            trial = Trial(number, record.family, record.params, derived_seed(record.seed, key), "portfolio")
            seconds = self.cap * FIT_MARGIN
            future = self.place.pool.submit(measure, self.place.context, self.place.test, trial, seconds)
            self._running.append(_Running(record, future))

    def _enforce(self) -> None:
        now = time.monotonic()
        for one in self._running:
            if one.started is None and one.future.running():
                one.started = now
            if one.started is not None and not one.future.done() and now > one.started + self.cap + GRACE:
                self.place.pool.kill(one.future, f"overran its time of {self.cap:.0f} s")

    def _end(self, one: _Running) -> Iterator[Record]:
        record = self._judged(one)
        key = key_of(record.family, record.params)
        self._same[key] = record
        yield record
        for other in self._waiting.pop(key):
            yield _like(other, record)

    def _judged(self, one: _Running) -> Record:
        record = one.record
        spent = 0.0 if one.started is None else time.monotonic() - one.started
        try:
            measured = one.future.result()
            error, test_error = self._judge(record, measured)
        except Exception as problem:  # the trial boundary: whatever a family, a worker or a metric raises
            reason = str(problem).strip() or type(problem).__name__
            return replace(record, seconds=spent, reason=reason[:500], predictions="")
        return replace(
            record,
            state="complete",
            error=error,
            test_error=test_error,
            seconds=measured.seconds,
            predict_seconds=measured.predict_seconds,
            memory=measured.memory,
        )

    def _judge(self, record: Record, measured: Measured) -> tuple[float, float]:
        context, test = self.table.context, self.table.test
        predictions = out_of_fold(context, dict(measured.by_fold))
        error = pooled_error(context, predictions)
        test_error = _error_alone(context, test.y, measured.test)
        if not (np.isfinite(error) and np.isfinite(test_error)):
            raise TrialFailed(f"the metric {context.metric.name} is undefined on its predictions")
        scored = predictions[context.plan.scored]
        write_predictions(self.place.predictions / record.predictions, scored, measured.test)
        return error, test_error


def _error_alone(context: Context, y: NDArray[Any], prediction: NDArray[Any]) -> float:
    if prediction.shape != (len(y), context.dataset.task.n_outputs) or not np.isfinite(prediction).all():
        raise TrialFailed("its predictions of the test part are not finite numbers of the right shape")
    return context.metric.error(y, prediction)


def _like(record: Record, other: Record) -> Record:
    """Return a record with what was measured for another configuration that is the same on this table."""
    return replace(other, config=record.config, key=record.key, origin=record.origin)
