"""What a run may use of the machine: memory and worker processes, and what these import before they are needed."""

from __future__ import annotations

import contextlib
import importlib
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, wait
from dataclasses import dataclass
from pathlib import Path

from automl.errors import RunError
from automl.memory import DEFAULT_LIMIT, as_size, available_bytes, own_bytes, parse_limit
from automl.options import FitOptions
from automl.plugin.family import ModelFamily
from automl.search.context import warm_context
from automl.search.inline import InlineExecutor
from automl.search.observer import Observer
from automl.search.workers import WorkerPool

WORKER_BYTES = 350 * 2**20  # that a worker needs to be of use: its libraries and a small table
CACHE_BYTES = 2**30  # of encoded folds, in each worker
WARM_SHARE = 0.2  # of the search's time that the first worker to be warm waits for the others
JOBS = "automl.search.crossfit"
WARM = (JOBS, "lightgbm", "sklearn.ensemble", "sklearn.linear_model")


@dataclass(frozen=True)
class Resources:
    """The bytes of `memory` that a run may hold, this process included, and how many `workers` have room in them."""

    memory: int
    workers: int

    @classmethod
    def of(cls, options: FitOptions, observer: Observer) -> Resources:
        """Take what the options ask for, as far as the machine has it."""
        available = available_bytes() + own_bytes()
        wanted = parse_limit(str(options.memory_limit or DEFAULT_LIMIT)).bytes_of(available)
        if wanted > available:
            observer.note(
                f"The memory limit is {as_size(available)}, which is all there is: {as_size(wanted)} were asked."
            )
        memory = min(wanted, available)
        workers = 1 if options.backend == "inline" else options.jobs or _cores()
        room = (memory - own_bytes()) // WORKER_BYTES  # more workers would fill the memory with their libraries
        return cls(memory, max(1, min(workers, room)))

    @property
    def cache_bytes(self) -> int:
        """Bytes of encoded folds that a worker may keep."""
        return min(CACHE_BYTES, self.memory // (4 * self.workers))

    def check_room(self) -> None:
        """Raise `RunError` where this process leaves no room for a worker."""
        own = own_bytes()
        if own + WORKER_BYTES / 2 > self.memory:
            raise RunError(
                f"this process alone, the table included, holds {as_size(own)} of the memory limit of "
                f"{as_size(self.memory)}, which leaves no room for models: raise --memory-limit, or give fewer rows"
            )


@contextlib.contextmanager
def executor_for(options: FitOptions, workers: int, modules: tuple[str, ...], folder: Path) -> Iterator[Executor]:
    """Start what runs the trials, and end it; workers import these modules first, and log into the run folder."""
    if options.backend == "inline":
        yield InlineExecutor()
        return
    pool = WorkerPool(workers, threads=1, modules=modules, log=folder / "workers.log")
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def early_imports(families: Iterable[ModelFamily]) -> tuple[str, ...]:
    """Return the modules that workers load while the table is read: what all of these families import, or most do."""
    named = [family.imports for family in families]
    shared = set(named[0]).intersection(*named[1:]) if named else set()
    return (JOBS, *sorted(shared)) if shared else WARM


def warm_up() -> None:
    """Import in the background what the end of the run needs, while the data is being read and workers search."""
    threading.Thread(target=_import_all, daemon=True).start()


def wait_until_warm(executor: Executor, workers: int, context_path: Path, seconds: float | None) -> None:
    """Let every worker finish its imports and read the context, so that no trial pays for it from its own time.

    `seconds` are those of the search, None for no limit.
    """
    calls = [executor.submit(warm_context, context_path) for _ in range(workers)]
    wait(calls, timeout=seconds, return_when=FIRST_COMPLETED)  # before that, nothing could run anyway
    wait(calls, timeout=None if seconds is None else seconds * WARM_SHARE)


def _import_all() -> None:
    for module in WARM:
        with contextlib.suppress(Exception):  # whoever needs it will meet the error, and can tell it
            importlib.import_module(module)


def _cores() -> int:
    """Count the cores that this process may use, container limits included."""
    import joblib

    return int(joblib.cpu_count())
