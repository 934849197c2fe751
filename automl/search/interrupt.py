"""The first Ctrl-C as a wish, the second as an order."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


@contextlib.contextmanager
def first_interrupt() -> Iterator[threading.Event]:
    """Yield an event that the first SIGINT sets; the next one is handled as before, usually by KeyboardInterrupt.

    An exception raised at an arbitrary point could lose a finished trial half-way to its journal.
    """
    wished = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield wished  # only the main thread can handle signals
        return
    previous = signal.getsignal(signal.SIGINT)

    def wish(number: int, frame: FrameType | None) -> None:
        wished.set()
        signal.signal(signal.SIGINT, previous)

    signal.signal(signal.SIGINT, wish)
    try:
        yield wished
    finally:
        signal.signal(signal.SIGINT, previous)
