"""A pool of worker processes behind the standard executor interface, whose running calls can be killed one by one.

joblib's loky and `ProcessPoolExecutor` fail every pending call when one process dies; a search must lose only the trial
that was killed, so this pool gives each process a thread of its own that notices and replaces it.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from automl.errors import AutoMLError
from automl.search import worker

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


class CallError(AutoMLError):
    """A call raised in its worker; `kind` is the exception's class name, `detail` its traceback."""

    def __init__(self, kind: str, message: str, detail: str) -> None:
        super().__init__(f"{kind}: {message}" if message else kind)
        self.add_note(f"In the worker:\n{detail}")
        self.kind = kind
        self.detail = detail


class WorkerError(AutoMLError):
    """The process that ran a call ended before it answered: killed, with the reason given, or dead by itself."""


@dataclass(eq=False)
class Call:
    """One submitted call on its way through the pool."""

    payload: bytes
    future: Future[Any] = field(default_factory=Future)
    killed: str = ""


class WorkerPool(Executor):
    """`workers` processes with `threads` threads each.

    `modules` are imported by each worker before its first call, so that processes warm up while the caller still reads
    its data. `log` takes what workers print; None discards it.
    """

    def __init__(self, workers: int, threads: int = 1, modules: tuple[str, ...] = (), log: Path | None = None) -> None:
        self._threads = threads
        self._modules = modules
        self._log = log
        self._calls: queue.SimpleQueue[Call | None] = queue.SimpleQueue()
        self._running: dict[Future[Any], tuple[Call, subprocess.Popen[bytes]]] = {}
        self._lock = threading.Lock()
        self._closed = self._aborted = False
        self._processes = {index: self._start() for index in range(workers)}
        self._keepers = [
            threading.Thread(target=self._keep, args=(index,), daemon=True, name=f"worker-{index}")
            for index in range(workers)
        ]
        for keeper in self._keepers:
            keeper.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Queue a call; lambdas and objects of `__main__` may be part of it.

        The future fails with `CallError` where the call raises, and with `WorkerError` where its process ends first.
        Raises `RuntimeError` once the pool was shut down.
        """
        import cloudpickle

        if self._closed:
            raise RuntimeError("cannot submit to a pool that was shut down")
        item = Call(cloudpickle.dumps((fn, args, kwargs)))
        self._calls.put(item)
        return item.future

    def kill(self, future: Future[Any], reason: str) -> None:
        """End the process that runs this call, whose future fails with `WorkerError`; a queued call is cancelled."""
        if future.cancel():
            return
        with self._lock:
            running = self._running.get(future)
            if running is not None:
                call, process = running
                call.killed = reason
                _stop(process)

    def processes(self) -> dict[int, Future[Any] | None]:
        """Return the worker processes by their id, with the call that each one runs."""
        with self._lock:
            running = {process.pid: future for future, (_, process) in self._running.items()}
            return {process.pid: running.get(process.pid) for process in self._processes.values()}

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Close the pool; with `cancel_futures` running calls are killed as well as queued ones."""
        self._closed = True
        if cancel_futures:
            while True:
                try:
                    item = self._calls.get_nowait()
                except queue.Empty:
                    break
                if item is not None:
                    item.future.cancel()
            with self._lock:
                self._aborted = True
                futures = list(self._running)
            for future in futures:
                self.kill(future, "the search ended")
        for _ in self._keepers:
            self._calls.put(None)
        if wait:
            for keeper in self._keepers:
                keeper.join()

    def _start(self) -> subprocess.Popen[bytes]:
        environment = os.environ | {name: str(self._threads) for name in THREAD_VARIABLES}
        # The engine may run from a source tree that only this process's path knows.
        environment["PYTHONPATH"] = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
        # -P: a lightgbm.py beside the user's table must not be taken for the library.
        command = [sys.executable, "-P", "-m", worker.__name__, *self._modules]
        errors = self._log.open("ab") if self._log else subprocess.DEVNULL
        try:
            return subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment,
                start_new_session=True,  # Ctrl-C in the terminal reaches the coordinator only
            )
        finally:
            if not isinstance(errors, int):
                errors.close()

    def _keep(self, index: int) -> None:
        """Feed calls to one worker process, and replace it when it dies."""
        process = self._processes[index]
        while (call := self._calls.get()) is not None:
            if not call.future.set_running_or_notify_cancel():
                continue
            try:
                if process.poll() is not None:
                    process = self._replace(index)
                outcome = self._run(process, call)
                if isinstance(outcome, WorkerError) and not self._closed:
                    process = self._replace(index)
            except Exception as error:  # no process can be had: the call fails, the pool stays
                outcome = WorkerError(f"no worker process could be started ({error})")
                outcome.__cause__ = error
            if isinstance(outcome, Exception):
                call.future.set_exception(outcome)
            else:
                call.future.set_result(outcome[0])
        _end(process)

    def _replace(self, index: int) -> subprocess.Popen[bytes]:
        process = self._start()
        with self._lock:
            self._processes[index] = process
        return process

    def _run(self, process: subprocess.Popen[bytes], call: Call) -> tuple[Any] | Exception:
        with self._lock:
            if self._aborted:
                return WorkerError("the search ended")
            self._running[call.future] = (call, process)
        try:
            return _exchange(process, call)
        finally:
            with self._lock:
                del self._running[call.future]


def _exchange(process: subprocess.Popen[bytes], call: Call) -> tuple[Any] | Exception:
    """Send one call to a process and wait for its answer: a value in a tuple, or why there is none."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        worker.send(process.stdin, call.payload)
        succeeded, value = pickle.loads(worker.receive(process.stdout))
    except (EOFError, OSError):
        _end(process)
        return WorkerError(call.killed or _obituary(process))
    except Exception:  # an answer that cannot be read back is that call's failure alone
        return CallError("UnreadableAnswer", "the result cannot be unpickled", traceback.format_exc())
    return (value,) if succeeded else CallError(*value)


def _obituary(process: subprocess.Popen[bytes]) -> str:
    code = process.returncode
    if code is not None and code < 0:
        return f"the worker process was ended by {signal.Signals(-code).name}"
    return f"the worker process exited with code {code}"


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Kill a process with everything it started, and wait until it is gone."""
    if process.returncode is None and hasattr(os, "killpg"):  # its children may outlive it and hold its pipes open
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    if process.poll() is None:
        process.kill()
        process.wait()


def _end(process: subprocess.Popen[bytes]) -> None:
    _stop(process)
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
