"""The trials that wait or run: started where memory has room, and ended where time or memory is used up."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Executor, wait
from pathlib import Path

from automl.memory import as_size
from automl.search.allowance import Allowance
from automl.search.crossfit import Job, run_job
from automl.search.events import Killed, Started, Waiting
from automl.search.observer import Observer
from automl.search.pending import Pending
from automl.search.records import OUT_OF_MEMORY, OVERRAN
from automl.search.room import Killable, Room

FIT_MARGIN = 0.92  # part of a trial's time that its fits may plan with; the rest saves and checks
SHORT = 4.0  # seconds; while trials take less than this, another one is ready for the worker that ends first
GRACE = 1.0  # seconds a job may run over its time before it is killed
WATCH_EVERY = 0.1  # seconds between looks at clocks and memory


class Running:
    """Holds the trials on their way, `pending`, from their admission until they are taken, oldest first.

    `context_path` is the file that workers read the context from. `bar` gives a family's error that a trial's running
    mean must not exceed, None for none; it is asked when the trial starts.
    """

    def __init__(
        self,
        context_path: Path,
        executor: Executor,
        room: Room,
        allowance: Allowance,
        observer: Observer,
        bar: Callable[[str], float | None],
    ) -> None:
        self.pending: list[Pending] = []
        self._context_path, self._executor, self._bar = context_path, executor, bar
        self._room, self._observer = room, observer
        self._allowance, self._clock = allowance, allowance.clock
        self._told_to_wait = -1

    def start(self) -> None:
        """Start the trials that wait, as far as there is room in memory."""
        for pending in self.pending:
            if pending.waits and not self._launch(pending):
                return  # whoever came first is first served, or what needs much would wait for ever

    @property
    def ahead(self) -> int:
        """How many jobs may wait in the pool for a free worker, which would idle while its results are taken in.

        Only where trials are short, so that what is proposed ahead knows little less and need not wait for long.
        """
        short = all(pending.cost < SHORT for pending in self.pending)
        return int(isinstance(self._executor, Killable) and short and self._clock.left > 3 * SHORT)

    def wait(self) -> None:
        """Wait until a job ends, but not for long: clocks and memory want to be looked at."""
        jobs = [future for pending in self.pending for future in pending.futures if not future.done()]
        if jobs:
            wait(jobs, timeout=WATCH_EVERY, return_when=FIRST_COMPLETED)

    def enforce(self) -> None:
        """End what has used up its time or the run's, and the largest process where the run holds too much memory."""
        now, over = time.monotonic(), self._clock.over
        for pending in self.pending:
            if pending.allowed is not None and pending.kill_at is None and any(f.running() for f in pending.futures):
                pending.started, pending.kill_at = now, now + pending.loading + pending.allowed + GRACE
            if pending.waits and over:
                pending.reason = "the time limit of the run was reached before it could start"
            elif over:
                self._kill(pending, "the time limit of the run was reached")
            elif pending.kill_at is not None and now > pending.kill_at:
                self._kill(pending, f"{OVERRAN} of {pending.allowed:.1f} s")
        self._enforce_memory()

    def take_done(self) -> list[Pending]:
        """Hand out the trials that have ended; where trials are counted the oldest only, so that the order is fixed."""
        candidates = self.pending[:1] if self._clock.counted else self.pending
        ready = [pending for pending in candidates if pending.done]
        for pending in ready:
            self.pending.remove(pending)
        return ready

    def end(self, reason: str) -> None:
        """End everything that runs."""
        for pending in self.pending:
            self._kill(pending, reason)

    def _launch(self, pending: Pending) -> bool:
        """Start a trial that waits; False where it does not fit beside those that run."""
        needs = {f: other.need for other in self.pending for f in other.futures if not f.done()}
        number, family = pending.trial.number, pending.trial.family
        if not self._room.admits(pending.need, len(pending.parts), needs):
            if number != self._told_to_wait:
                self._told_to_wait = number
                self._observer.event(Waiting(number, family, pending.need.likely))
            return False
        seconds, bar = self._allowance.seconds, self._bar(family)
        pending.started, pending.allowed = time.monotonic(), seconds
        fitting = None if seconds is None else seconds * FIT_MARGIN
        deadline = None if seconds is None else pending.started + self._clock.left * FIT_MARGIN
        jobs = [Job(pending.trial, folds, deadline, bar, fitting) for folds in pending.parts]
        self._observer.event(Started(number, family, len(jobs), seconds, bar))
        pending.futures = [self._executor.submit(run_job, self._context_path, job) for job in jobs]
        return True

    def _enforce_memory(self) -> None:
        calls = {future: pending for pending in self.pending for future in pending.futures if not future.done()}
        worst = self._room.overflow(calls)
        if worst is None or self._room.limit is None:
            return
        pending, held = calls[worst[0]], worst[1]
        pending.peak, pending.out_of_memory = held, True
        self._kill(pending, f"{OUT_OF_MEMORY}: it held {as_size(held)} of the {as_size(self._room.limit)} of the run")

    def _kill(self, pending: Pending, reason: str) -> None:
        if pending.done:
            return
        pending.reason = reason
        seconds = time.monotonic() - pending.started
        self._observer.event(Killed(pending.trial.number, pending.trial.family, reason, seconds))
        for future in pending.futures:
            if future.done():
                continue
            if isinstance(self._executor, Killable):
                self._executor.kill(future, reason)
            else:
                future.cancel()
