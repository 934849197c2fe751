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
from pathlib import Path
from typing import Any

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


def main(kind: str, work: Path, seed: int) -> None:
    from benchmarks.fuzz import artifacts, fits, tables

    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    box = work / "box"
    # A fit pickles its own rows for its workers; a model that is loaded never may.
    watch = Watch(box, _RUNS - {"pickle.find_class"} if kind == "fits" else _RUNS)
    families = artifacts.registry()
    bases = sorted(path for path in (work / "bases").iterdir() if path.is_dir()) if kind == "artifacts" else []
    rows = artifacts.table(20, 1)
    for base in bases:  # the first load of a family imports its library, which is no fault of a case
        artifacts.try_out(base, rows, families)
    for line in sys.stdin:
        number = int(line)
        case = box / "case"
        _clear(case)
        own = seed * 1_000_003 + number
        label, outcome, detail = "", "", ""
        try:
            if kind == "artifacts":
                base = bases[number % len(bases)]
                label = f"{base.name}: {artifacts.build(base, case, work / 'sentinel', own)}"
            else:
                case.mkdir()
                path = tables.build(case, own)
                label = "".join(path.suffixes) or "no suffix"
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            started = time.perf_counter()
            watch.seen.clear()
            watch.on = True
            if kind == "artifacts":
                outcome = artifacts.try_out(case, rows, families)
            elif kind == "tables":
                outcome = tables.try_out(path, own)
            else:
                outcome = fits.try_out(path, own)
        except BaseException as error:
            outcome = "error"
            detail = f"{type(error).__name__}: {str(error)[:300]}\n{traceback.format_exc(limit=-6)}"
        watch.on = False
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**20
        answer = {
            "case": number,
            "label": label,
            "outcome": outcome,
            "detail": detail,
            "seconds": round(time.perf_counter() - started, 3),
            "grown_gb": round(grown, 2),
            "wrote": watch.seen[:5],
        }
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _clear(case: Path) -> None:
    shutil.rmtree(case, ignore_errors=True)
    if case.exists():  # a tree too deep for that
        import subprocess

        subprocess.run(["rm", "-rf", str(case)], check=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
