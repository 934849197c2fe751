"""What a command and everything it starts uses: memory at its peak, seconds of processor time.

Read from `/proc`: a command runs in a session of its own, and what it starts belongs to it, be it in that session or,
like workers that a Ctrl-C must not reach, in another one. Where there is no `/proc`, nothing is measured.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_PERIOD = 0.25  # seconds; a smaps_rollup costs about a millisecond a process


@dataclass(frozen=True)
class Usage:
    """`peak_mib` is the largest sum of proportional set sizes seen; `cpu_seconds` what all processes used together."""

    peak_mib: float | None = None
    cpu_seconds: float | None = None


@dataclass(frozen=True)
class Sample:
    """Processor seconds used so far, of all processes and of the `leader` alone, `at` seconds since 1970."""

    at: float
    cpu_seconds: float
    leader_seconds: float


class Watch:
    """Samples a session and what it started until it is left. The session is named by the process that leads it."""

    def __init__(self, leader: int, period: float = _PERIOD) -> None:
        self.leader = leader
        self.period = period
        self.samples: list[Sample] = []
        self._peak = 0.0
        self._cpu: dict[int, float] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Watch:
        if _PROC.is_dir():
            self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def usage(self) -> Usage:
        """What was seen so far. Processes shorter than the period may be missed."""
        if not self._cpu:
            return Usage()
        return Usage(round(self._peak, 1), round(sum(self._cpu.values()), 2))

    def _sample(self) -> None:
        while not self._ended.wait(self.period):
            memory = 0.0
            for process in members(self.leader):
                seconds, mib = cpu_seconds(process), memory_mib(process)
                if seconds is not None:
                    self._cpu[process] = seconds
                memory += mib or 0.0
            self._peak = max(self._peak, memory)
            if self._cpu:
                self.samples.append(Sample(time.time(), sum(self._cpu.values()), self._cpu.get(self.leader, 0.0)))


def members(leader: int) -> list[int]:
    """Return the processes of a session, and those that they started in sessions of their own."""
    stats = {int(entry.name): _stat(int(entry.name)) for entry in _PROC.iterdir() if entry.name.isdigit()}
    parents = {process: (int(fields[1]), int(fields[3])) for process, fields in stats.items() if fields}
    sessions, found = {leader}, set[int]()
    while True:
        more = {
            process
            for process, (parent, session) in parents.items()
            if process not in found and (session in sessions or parent in found)
        }
        if not more:
            return sorted(found)
        found |= more
        # Who leads a session has its number.
        sessions |= {parents[process][1] for process in more if parents[process][1] == process}


def cpu_seconds(process: int) -> float | None:
    """Return user and system time of a process, None when it is gone."""
    fields = _stat(process)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else None


def memory_mib(process: int) -> float | None:
    """Return the proportional set size: shared pages count by their share. None when the process is gone."""
    try:
        for line in (_PROC / str(process) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except OSError:
        return None
    return None


def _stat(process: int) -> list[str] | None:
    """Return the fields of `/proc/PID/stat` from the state on: state, parent, group, session, …"""
    try:
        text = (_PROC / str(process) / "stat").read_text()
    except OSError:
        return None
    return text.rpartition(")")[2].split()  # the name before it may hold anything, brackets too
