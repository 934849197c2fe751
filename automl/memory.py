"""How much memory a run may use: what the machine and its control groups leave, and what the user asks for."""

from __future__ import annotations

import contextlib
import math
import os
import re
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from automl.errors import OptionError

DEFAULT_LIMIT = "80%"
LEAST_LIMIT = 256 * 2**20  # bytes; Python with the libraries of the field takes most of this before any data
_UNITS = {"": 1, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:(%)|([kmgt]i?)?b?)", re.IGNORECASE)
_NO_LIMIT = 2**60  # version 1 of control groups writes "no limit" as a number near 2**63
_LIST_EVERY = 2.0  # seconds; listing all processes of the machine costs much more than asking one for its size
_CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class MemoryLimit:
    """What a user asked for: `size` bytes, or a `share` in (0, 1] of what is available."""

    size: int | None = None
    share: float | None = None

    def bytes_of(self, available: int) -> int:
        """Return the limit in bytes where `available` bytes can be had."""
        return self.size if self.size is not None else int(available * (self.share or 0.0))


def parse_limit(text: str) -> MemoryLimit:
    """Read `8GiB`, `8GB`, `500MiB`, `50%` or a number of bytes; raise `OptionError`."""
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise OptionError(f"memory limit '{text}': must be a size or a share, such as 8GiB or 50%")
    number = float(found[1])
    if found[2]:
        if not 0 < number <= 100:
            raise OptionError(f"memory limit '{text}': a share must be above 0% and at most 100%")
        return MemoryLimit(share=number / 100)
    size = int(number * _UNITS[(found[3] or "").lower()])
    if size < LEAST_LIMIT:
        raise OptionError(f"memory limit '{text}': must be at least {as_size(LEAST_LIMIT)}")
    return MemoryLimit(size=size)


def as_size(n_bytes: float) -> str:
    """Write bytes as people read them.

    >>> as_size(3 * 2**29)
    '1.5 GiB'
    """
    return f"{n_bytes / 2**30:.1f} GiB" if n_bytes >= 0.95 * 2**30 else f"{n_bytes / 2**20:.0f} MiB"


def available_bytes() -> int:
    """Return the bytes that this process and its children may still take: of the machine, or of its control group."""
    import psutil

    return min([int(psutil.virtual_memory().available), *_left_in_cgroups(Path("/proc/self/cgroup"), _CGROUPS)])


def _left_in_cgroups(membership: Path, root: Path) -> Iterator[int]:
    """Yield what each limited control group of this process has left, versions 1 and 2, parents included."""
    try:
        lines = membership.read_text(encoding="ascii").splitlines()
    except OSError:  # not on Linux
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            limit, usage, mount = "memory.max", "memory.current", root
        elif "memory" in controllers.split(","):
            limit, usage, mount = "memory.limit_in_bytes", "memory.usage_in_bytes", root / "memory"
        else:
            continue
        # In a container the path is the host's, and the group itself is mounted at the root.
        groups = [mount / path.lstrip("/"), *(mount / path.lstrip("/")).parents]
        for group in (group for group in groups if group == mount or mount in group.parents):
            most = _number(group / limit)
            if most is not None and most < _NO_LIMIT:
                yield max(0, most - max(0, (_number(group / usage) or 0) - _file_cache(group)))


def _file_cache(group: Path) -> int:
    """Bytes of files that the kernel gives up before it kills anything."""
    try:
        entries = dict(line.split() for line in (group / "memory.stat").read_text(encoding="ascii").splitlines())
        return int(entries.get("total_inactive_file", entries.get("inactive_file", 0)))
    except (OSError, ValueError):
        return 0


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):  # absent, or "max"
        return None


class Meter:
    """Measures the resident bytes of processes with all their descendants."""

    def __init__(self) -> None:
        self._descendants: dict[int, list[int]] = {}
        self._listed = -math.inf

    def resident(self, pids: Collection[int]) -> dict[int, int]:
        """Return the resident bytes of each process and its descendants; 0 for one that has gone."""
        if time.monotonic() - self._listed > _LIST_EVERY or not self._descendants.keys() >= set(pids):
            self._descendants = {pid: _descendants(pid) for pid in pids}
            self._listed = time.monotonic()
        return {pid: sum(map(_resident, [pid, *self._descendants[pid]])) for pid in pids}


def own_bytes() -> int:
    """Return the resident bytes of this process alone."""
    return _resident(os.getpid())


def reset_peak() -> None:
    """Let `peak_bytes` begin anew, where the system can."""
    with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")


def peak_bytes() -> int:
    """Return the most that was resident of this process since `reset_peak`; where that cannot be known, what is now."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return own_bytes()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) * 1024 if found else own_bytes()


def _resident(pid: int) -> int:
    import psutil

    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def _descendants(pid: int) -> list[int]:
    import psutil

    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return []
