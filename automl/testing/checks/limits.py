"""Time and threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

from automl.plugin import Limits, ModelFamily, TaskKind, TrialFailed
from automl.testing import expect
from automl.testing.elsewhere import elsewhere
from automl.testing.fits import contrasting, fit, fitted, other, parts
from automl.testing.sample import own

SECONDS = 0.3
GRACE = 3.0
"""Seconds of computing that a fit may go on after its deadline: steps that nothing can interrupt, and tidying up."""
_ROWS = 1200
_BUSY = 0.05  # seconds of computing from which a thread counts as working; the clock of threads ticks in hundredths
_SHARE = 0.1  # of the computing of all threads, likewise
_LOOK = 0.01


def check_past_deadline(family: ModelFamily) -> None:
    """With no time left, fit raises `TrialFailed` or returns a model that predicts."""
    for one in contrasting(family):
        train, score = parts(family, one)
        try:
            model = fit(family, one, train, score, Limits(deadline=time.monotonic() - 1))
        except TrialFailed:
            continue
        expect.usable(family, one.task, model.predict(score.features), len(score.y))


def check_deadline(family: ModelFamily) -> None:
    """On a table that may take longer, fit ends soon after its deadline, with a model or with `TrialFailed`.

    What counts is the time this process computes, so that a busy machine is not the family's fault.
    """
    for known in contrasting(family):
        fitted(family, known)  # libraries load at first use, which takes time once
        one = other(family, known.task.kind, _ROWS, 8)
        train, score = parts(family, one)
        started = time.process_time()
        try:
            model = fit(family, one, train, score, Limits(deadline=time.monotonic() + SECONDS))
        except TrialFailed:
            model = None
        seconds = time.process_time() - started
        assert seconds < SECONDS + GRACE, (
            f"{family.name}: computed for {seconds:.1f} s with {SECONDS} s to its deadline"
        )
        if model is not None:
            some = own(score.features, range(100))
            expect.usable(family, one.task, model.predict(some), some.n_rows)


def check_threads(family: ModelFamily) -> None:
    """A fit that is given one thread computes in one thread, in a process where BLAS and OpenMP have one too."""
    busy = elsewhere(family, _busy_threads, contrasting(family)[0].task.kind)
    assert busy <= 1, f"{family.name}: {busy} threads computed at once, but Limits.threads was 1"


def _busy_threads(family: ModelFamily, kind: TaskKind) -> int:
    """Fit, and count the threads that did a good part of it."""
    one = other(family, kind, _ROWS, 8)
    train, score = parts(family, one)
    with _thread_seconds() as seconds, suppress(TrialFailed):
        fit(family, one, train, score, Limits(deadline=time.monotonic() + 2 * SECONDS, threads=1))
    total = sum(seconds.values())
    return sum(spent > max(_BUSY, _SHARE * total) for spent in seconds.values())


@contextmanager
def _thread_seconds() -> Iterator[dict[int, float]]:
    """Watch the threads of this process; the dictionary says how many seconds each computed meanwhile."""
    process = psutil.Process()
    before = {thread.id: thread.user_time + thread.system_time for thread in process.threads()}
    seconds: dict[int, float] = {}
    done = threading.Event()

    def look() -> None:
        while not done.wait(_LOOK):
            for thread in process.threads():
                if thread.id != threading.get_native_id():
                    seconds[thread.id] = thread.user_time + thread.system_time - before.get(thread.id, 0.0)

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield seconds
    finally:
        done.set()
        watcher.join()
