"""The worker process: reads calls from standard input, runs them one at a time, writes outcomes to standard output.

Started by `automl.search.workers` as a program of its own, not through multiprocessing, so that a user's script needs
no `if __name__ == "__main__"` guard and nothing of the parent (threads, OpenMP pools) is inherited.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import pickle
import signal
import struct
import sys
import threading
import time
import traceback
import warnings
from typing import IO, Any

_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG in <linux/prctl.h>
HEADER = struct.Struct("<Q")


def send(stream: IO[bytes], payload: bytes) -> None:
    """Write one length-prefixed message."""
    stream.write(HEADER.pack(len(payload)))
    stream.write(payload)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes:
    """Read one message; raise `EOFError` where the other side has gone."""
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        raise EOFError
    size = HEADER.unpack(header)[0]
    payload = stream.read(size)
    if len(payload) < size:
        raise EOFError
    return payload


def call(payload: bytes) -> tuple[bool, Any]:
    """Run one pickled (function, args, kwargs) and return whether it succeeded, and its value or how it failed."""
    try:
        function, args, kwargs = pickle.loads(payload)
        return True, function(*args, **kwargs)
    except Exception as error:  # the trial boundary: whatever a call raises is its outcome
        return False, (type(error).__name__, str(error), traceback.format_exc())


def die_with_parent() -> None:
    """Have Linux kill this process when its parent dies, also while native code holds the interpreter's lock."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)


def exit_with_parent(parent: int) -> None:
    """End this process soon after its parent has died, however the parent died."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def offer_to_the_oom_killer() -> None:
    """Let Linux, when memory runs out, end this process rather than the one that holds the run together."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("500")


def main(modules: list[str]) -> None:
    """Serve calls until the other side closes; `modules` are imported first, while nothing waits for an answer."""
    calls = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not corrupt the answers
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    offer_to_the_oom_killer()
    if sys.platform == "linux":
        die_with_parent()
    threading.Thread(target=exit_with_parent, args=(os.getppid(),), daemon=True).start()
    warnings.simplefilter("ignore")
    for module in modules:
        with contextlib.suppress(Exception):  # whoever needs it will meet the error, and can tell it
            importlib.import_module(module)
    import cloudpickle

    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            send(answers, cloudpickle.dumps(call(receive(calls))))


if __name__ == "__main__":
    main(sys.argv[1:])
