"""Plugins called in the coordinator, with limited patience: a worker can be killed, this process cannot."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

from automl.errors import PluginError


@contextlib.contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Raise `PluginError` in the block where it takes longer, be it that it sleeps or that it computes in Python.

    It needs the main thread and a system with interval timers; elsewhere, and in native code that never returns to the
    interpreter, there is no such limit. Within another such block the outer one's limit holds.
    """
    timed = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if not timed or signal.getitimer(signal.ITIMER_REAL)[0] > 0:
        yield
        return

    def give_up(number: int, frame: FrameType | None) -> None:
        raise PluginError(f"it took more than the {seconds:.1f} s that a run of this length waits for it")

    previous = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
