"""What a system is asked (`Job`), what it answers (`Outcome`), and how its commands are run and timed.

Standard library only: the interpreter of another system's own environment imports this file too.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

from benchmarks.watch import Sample, Usage, Watch

ROOT = Path(__file__).resolve().parents[2]


class RunFailedError(Exception):
    """A system ended without predictions; the message is what it said last."""


@dataclass(frozen=True)
class Job:
    """One table, one seed, one budget. Paths are absolute.

    `train` holds the target; `features` are the test rows without it, in order; `test` has it, for systems
    that report a score of their own, and is never shown to a system for anything else.
    """

    train: str
    features: str
    test: str
    folder: str
    target: str
    task: str
    metric: str
    modality: str
    budget: float
    seed: int


@dataclass(frozen=True)
class Outcome:
    """`predictions` is a CSV with a row for each of `features`: `prediction`, and `proba_<label>` for classification.

    `seconds` run from the start of the process to the saved (or ready) model; `latency` is the median time of a
    single row, warm, in seconds; `size` is what prediction needs on disk, in bytes. `peak_mib` and `cpu_seconds` are
    of the command that fits and all its processes.
    """

    predictions: str
    seconds: float
    predict_seconds: float
    members: int | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    latency: float | None = None
    size: int | None = None
    peak_mib: float | None = None
    cpu_seconds: float | None = None


class System(Protocol):
    """An adapter: one file beside this one."""

    name: str
    budgeted: bool

    def run(self, job: Job) -> Outcome:
        """Fit, predict, and say how long it took; raise `RunFailedError` otherwise."""
        ...


def write_job(job: Job, path: Path) -> None:
    """Write a job for a process of another environment."""
    path.write_text(json.dumps(asdict(job), indent=1), encoding="utf-8")


def read_job(path: Path) -> Job:
    """Read what `write_job` wrote."""
    return Job(**json.loads(path.read_text(encoding="utf-8")))


def patience(budget: float) -> float:
    """Return the seconds after which a system is stopped: an overrun is to be seen, but not waited for to its end."""
    return 3.0 * budget + 300.0


@dataclass(frozen=True)
class Ran:
    """A command that ended well: wall-clock seconds, standard output, and what it used, in all and over time."""

    seconds: float
    output: str
    usage: Usage
    samples: Sequence[Sample] = ()


def timed_command(
    command: Sequence[str], folder: Path, limit: float, variables: Mapping[str, str] | None = None
) -> Ran:
    """Run a command to its end, timed and watched from outside.

    It gets a process group of its own, so that nothing it started outlives the limit; `variables` are added to its
    environment.
    """
    # Output goes to files: a pipe that nobody reads would stop a talkative system.
    out, err = folder / "stdout.txt", folder / "stderr.txt"
    environment = {**os.environ, **(variables or {})}
    with out.open("wb") as stdout, err.open("wb") as stderr:
        started = time.monotonic()
        process = subprocess.Popen(
            list(command), cwd=folder, stdout=stdout, stderr=stderr, start_new_session=True, env=environment
        )
        with Watch(process.pid) as watch:
            try:
                code: int | None = process.wait(timeout=limit)
            except subprocess.TimeoutExpired:
                code = None
            finally:
                seconds = time.monotonic() - started
                _end(process)
    if code is None:
        raise RunFailedError(f"stopped after {limit:.0f} s: {' '.join(command[:3])} …")
    if code != 0:
        said = err.read_text(encoding="utf-8", errors="replace").strip()[-2000:]
        raise RunFailedError(f"exit status {code}: {said or 'it said nothing'}")
    return Ran(seconds, out.read_text(encoding="utf-8", errors="replace"), watch.usage, watch.samples)


def median_latency(predict: Callable[[int], object], rows: int, singles: int = 20, seconds: float = 10.0) -> float:
    """Return the median seconds of `predict(i)` over warm single rows, as many as `seconds` allow."""
    predict(0)
    times: list[float] = []
    while len(times) < singles and sum(times) < seconds:
        started = time.perf_counter()
        predict(len(times) % rows)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def bytes_in(folder: Path) -> int:
    """Return the size of all files below a folder, or of a file."""
    if folder.is_file():
        return folder.stat().st_size
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of a command's group: a system that leaves processes behind must not slow the next one."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
