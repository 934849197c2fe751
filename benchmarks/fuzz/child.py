"""A process that tries cases one by one, as numbers on standard input, and may die of any of them.

It works in a folder of its own, which is also its home and its place for temporary files; an audit hook notes every
file that Python opens for writing, makes, renames or removes elsewhere.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from automl.plugin.registry import Registry
from benchmarks.fuzz import artifacts, fits, tables

MEMORY = 12 * 2**30  # of address space: a case that wants more gets a MemoryError
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = {"os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.link", "os.truncate", "os.chmod"}
_RUNS = {"os.system", "subprocess.Popen", "os.exec", "os.posix_spawn", "pickle.find_class", "os.fork"}


class Watch:
    """What was written outside the sandbox, and what was run, since the last look."""

    def __init__(self, inside: Path, runs: set[str]) -> None:
        self.inside, self.runs, self.seen, self.on = str(inside), runs, list[str](), False
        sys.addaudithook(self._audit)

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.on:
            return
        if event == "open":
            path, mode, flags = arguments
            writing = (flags & _WRITING) if isinstance(flags, int) else any(c in str(mode) for c in "wax+")
            if writing and isinstance(path, str | bytes | os.PathLike):
                self._note(event, path)
        elif event in _CHANGES:
            self._note(event, arguments[1] if event in {"os.rename", "os.symlink", "os.link"} else arguments[0])
        elif event in self.runs:
            self.seen.append(f"{event} {str(arguments)[:200]}")

    def _note(self, event: str, path: Any) -> None:
        place = os.path.realpath(os.fsdecode(path))
        if not place.startswith((self.inside, "/dev/null")):
            self.seen.append(f"{event} {place}")


@dataclass
class Bench:
    """What cases are tried with: `work` is the folder that has the sandbox, the saved models and the sentinel."""

    kind: str
    work: Path
    seed: int
    watch: Watch
    bases: list[Path]
    families: Registry = field(default_factory=artifacts.registry)
    rows: pd.DataFrame = field(default_factory=lambda: artifacts.table(20, 1))

    def warm(self) -> None:
        """Load every model once: the first of a family imports its library, which is no fault of a case."""
        for base in self.bases:
            artifacts.try_out(base, self.rows, self.families)

    def answer(self, number: int) -> dict[str, Any]:
        """Try a case, and say what came of it."""
        label, outcome, detail = "", "", ""
        before, started = _peak(), time.perf_counter()
        try:
            label, attempt = self._built(number)
            before, started = _peak(), time.perf_counter()
            self.watch.seen.clear()
            self.watch.on = True
            outcome = attempt()
        except BaseException as error:  # whatever a case raises is what is looked for
            outcome = "error"
            detail = f"{type(error).__name__}: {str(error)[:300]}\n{traceback.format_exc(limit=-6)}"
        self.watch.on = False
        return {
            "case": number,
            "label": label,
            "outcome": outcome,
            "detail": detail,
            "seconds": round(time.perf_counter() - started, 3),
            "grown_gb": round((_peak() - before) / 2**20, 2),
            "wrote": self.watch.seen[:5],
        }

    def _built(self, number: int) -> tuple[str, Callable[[], str]]:
        """Make a case in the sandbox; return a label of it, and what tries it."""
        case, own = self.work / "box" / "case", self.seed * 1_000_003 + number
        _clear(case)
        if self.kind == "artifacts":
            base = self.bases[number % len(self.bases)]
            label = f"{base.name}: {artifacts.build(base, case, self.work / 'sentinel', own)}"
            return label, lambda: artifacts.try_out(case, self.rows, self.families)
        case.mkdir()
        path = tables.build(case, own)
        try_out = tables.try_out if self.kind == "tables" else fits.try_out
        return "".join(path.suffixes) or "no suffix", lambda: try_out(path, own)


def main(kind: str, work: Path, seed: int) -> None:
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    # A fit pickles its own rows for its workers; a model that is loaded never may.
    watch = Watch(work / "box", _RUNS - {"pickle.find_class"} if kind == "fits" else _RUNS)
    bases = sorted(path for path in (work / "bases").iterdir() if path.is_dir()) if kind == "artifacts" else []
    bench = Bench(kind, work, seed, watch, bases)
    bench.warm()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(bench.answer(int(line))) + "\n")
        sys.stdout.flush()


def _peak() -> int:
    """Return the most that this process has held, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _clear(case: Path) -> None:
    shutil.rmtree(case, ignore_errors=True)
    if case.exists():  # a tree too deep for that
        import subprocess

        subprocess.run(["rm", "-rf", str(case)], check=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
