"""Room in memory for a run's trials: who may start beside whom, and who has to go."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from automl.memory import Meter, own_bytes
from automl.search.footprints import Need

_USUAL_WORKER = 220 * 2**20  # bytes of a worker with the libraries of the field, where none can be asked


@runtime_checkable
class Killable(Protocol):
    """An executor whose running calls can be killed; with others an overrun is only ignored."""

    def kill(self, future: Future[Any], reason: str) -> None:
        """End the process that runs this call."""
        ...

    def processes(self) -> Mapping[int, Future[Any] | None]:
        """Return the worker processes by their id, with the call that each one runs."""
        ...


@dataclass(frozen=True)
class Usage:
    """Resident bytes of a run: of the coordinator, of each running call's process, and of each idle worker."""

    own: int
    running: Mapping[Future[Any], int]
    idle: tuple[int, ...]

    @property
    def total(self) -> int:
        """Everything together."""
        return self.own + sum(self.running.values()) + sum(self.idle)


class Room:
    """Holds a run's processes under `limit` bytes together; None, or an executor without processes, for no limit."""

    def __init__(self, limit: int | None, executor: Executor) -> None:
        self.limit = limit
        self._pool = executor if isinstance(executor, Killable) else None
        self._meter = Meter()

    def usage(self) -> Usage:
        """Measure the run as it is now."""
        processes = {} if self._pool is None else dict(self._pool.processes())
        resident = self._meter.resident(processes.keys())
        running = {call: resident[pid] for pid, call in processes.items() if call is not None}
        idle = tuple(resident[pid] for pid, call in processes.items() if call is None)
        return Usage(own_bytes(), running, idle)

    def base(self) -> int:
        """Return what a worker holds that has run nothing yet, as far as one can be seen."""
        usage = self.usage()
        return min([size for size in [*usage.idle, *usage.running.values()] if size], default=_USUAL_WORKER)

    def lacks(self, need: Need, base: int) -> bool:
        """Whether a trial could not run even alone."""
        if self.limit is None or self._pool is None:
            return False
        others = max(0, len(self._pool.processes()) - 1)
        return need.least > self.limit - own_bytes() - others * base

    def admits(self, need: Need, calls: int, needs: Mapping[Future[Any], Need]) -> bool:
        """Whether a trial of so many calls fits beside those that run, which need what `needs` says."""
        if self.limit is None or self._pool is None or not needs:
            return True  # alone it must be let in: it was not declined, and nothing would be gained by waiting
        usage = self.usage()
        held = sum(max(usage.running.get(call, 0), other.likely) for call, other in needs.items())
        waiting = sum(sorted(usage.idle)[calls:])  # the others' room is taken over
        return usage.own + held + waiting + calls * need.likely <= self.limit

    def overflow(self, calls: Collection[Future[Any]]) -> tuple[Future[Any], int] | None:
        """Return which of these calls holds the most, with its bytes; None where the run holds what it may."""
        if self.limit is None or self._pool is None:
            return None
        usage = self.usage()
        held = {call: usage.running[call] for call in calls if call in usage.running}
        if usage.total <= self.limit or not held:
            return None
        return max(held.items(), key=lambda item: item[1])
