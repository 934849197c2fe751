"""Results as JSON lines: one record for each table, system, seed and budget, appended as soon as it is known."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

Key = tuple[str, str, int, float]
R = TypeVar("R")


@dataclass(frozen=True)
class Record:
    """What one system did on one table.

    Seconds are wall-clock; `overrun` is percent of the limit, 0 within it; `latency` is seconds for a single row, warm;
    `size` is bytes on disk; `peak_mib` and `cpu_seconds` are of the fit; `accuracy` is None for regression.
    """

    table: str
    metric: str
    modality: str
    system: str
    seed: int
    budget: float
    score: float | None
    accuracy: float | None = None
    seconds: float | None = None
    predict_seconds: float | None = None
    limit: float | None = None
    overrun: float | None = None
    members: int | None = None
    latency: float | None = None
    size: int | None = None
    peak_mib: float | None = None
    cpu_seconds: float | None = None
    error: str = ""
    started: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    machine: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        """What makes a record the same piece of work as another."""
        return self.table, self.system, self.seed, self.budget


def append(record: Record, path: Path) -> None:
    """Add a line and see it onto the disk."""
    append_line(asdict(record), path)


def append_line(row: Mapping[str, Any], path: Path) -> None:
    """Add a line of JSON and see it onto the disk."""
    with path.open("a+b") as file:
        if file.tell() and not _ends_a_line(path):
            file.write(b"\n")  # a run was killed while writing; its line is lost, this one must not be
        file.write(json.dumps(dict(row), ensure_ascii=False).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def load(path: Path) -> list[Record]:
    """Read all whole lines; the last record of a key replaces those before."""
    return list({record.key: record for record in read_lines(path, Record)}.values())


def read_lines(path: Path, kind: type[R]) -> Iterator[R]:
    """Yield a record of this dataclass for each whole line; fields that it does not know are left out."""
    known = {f.name for f in fields(kind)}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            row: dict[str, Any] = json.loads(line)
        except json.JSONDecodeError:
            continue
        yield kind(**{name: value for name, value in row.items() if name in known})


def finished(records: Iterable[Record]) -> set[Key]:
    """Return the keys that need no other run: those with a score. What failed is tried again."""
    return {record.key for record in records if record.score is not None}


def overrun(seconds: float, limit: float | None) -> float | None:
    """Return by how many percent a limit was exceeded, 0 if it was not, None without one."""
    return None if limit is None else max(0.0, 100.0 * (seconds - limit) / limit)


def machine() -> dict[str, str | int]:
    """Describe the machine: cores that this process may use, and the processor's name."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return {"cores": cores, "cpu": _cpu_name(), "system": platform.system()}


def _cpu_name() -> str:
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        for line in listing.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
