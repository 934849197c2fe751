"""Fuzz the engine with hostile inputs and print a table of what happened.

python -m benchmarks.fuzz artifacts --count 20000
python -m benchmarks.fuzz tables --count 5000
python -m benchmarks.fuzz fits --count 200

Inputs that crash, hang, raise anything but the engine's own errors, take more than a gigabyte, run a program or write
outside their folder are kept under `--work`/failures, with what was seen. `--only 17` tries one case again.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import itertools
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.fuzz.fits import FIT_SECONDS

HANG = 10.0  # seconds
STARTING = 120.0  # the imports of a new process
GROWN = 1.0  # gigabytes that one case may add


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz")
    parser.add_argument("kind", choices=["artifacts", "tables", "fits"])
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, default=None)
    parser.add_argument("--only", type=int, default=None)
    options = parser.parse_args()
    work = (options.work or Path(tempfile.mkdtemp(prefix="fuzz-"))).absolute()
    for name in ("bases", "box", "failures"):
        (work / name).mkdir(parents=True, exist_ok=True)
    sentinel = work / "sentinel"
    if not sentinel.exists():
        sentinel.mkdir()
        (sentinel / "secret.npz").write_bytes(b"nobody may touch this")
    if options.kind == "artifacts":
        from benchmarks.fuzz.artifacts import make_bases

        print(f"models: {', '.join(make_bases(work / 'bases'))}", flush=True)
    cases = itertools.count() if options.only is None else [options.only]
    before = snapshot(work)
    started = time.monotonic()
    answers = run(options.kind, work, options.seed, cases, options.count)
    changed = snapshot(work) != before
    print(table(options.kind, answers, changed, time.monotonic() - started))


def snapshot(work: Path) -> dict[str, str]:
    """Return the content of everything beside the sandbox that a case could reach."""
    files = [p for name in ("sentinel", "bases") for p in (work / name).rglob("*") if p.is_file()]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files)}


class Child:
    """A process that tries cases, and what it said last."""

    def __init__(self, kind: str, work: Path, seed: int) -> None:
        box = work / "box"
        own = {name: str(box) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME", "JOBLIB_TEMP_FOLDER")}
        root = Path(__file__).parents[2]
        env = {**os.environ, **own, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(root)}
        self.log = (work / "child.log").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.fuzz.child", kind, str(work), str(seed)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, cwd=box, env=env, text=True,
        )  # fmt: skip
        self.lines: queue.Queue[str] = queue.Queue()
        self.fresh, self.patience = True, HANG + FIT_SECONDS * (kind == "fits")
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put("")

    def try_case(self, number: int) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{number}\n")
        self.process.stdin.flush()
        try:
            line = self.lines.get(timeout=self.patience + (STARTING if self.fresh else 0.0))
        except queue.Empty:
            self.stop()
            return {"case": number, "outcome": "hang", "label": "?", "detail": f"more than {self.patience:.0f} s"}
        self.fresh = False
        if not line:
            code = self.process.wait()
            return {"case": number, "outcome": "crash", "label": "?", "detail": f"exit code {code}"}
        answer: dict[str, Any] = json.loads(line)
        return answer

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.reader.join()
        for stream in (self.process.stdin, self.process.stdout, self.log):
            with contextlib.suppress(OSError):  # what was not read by the process is of no use
                stream.close()  # type: ignore[union-attr]


def run(kind: str, work: Path, seed: int, cases: Iterable[int], count: int) -> list[dict[str, Any]]:
    answers: list[dict[str, Any]] = []
    child = Child(kind, work, seed)
    for number in cases:
        answer = child.try_case(number)
        if answer["outcome"] == "skipped":
            continue
        answers.append(answer)
        if answer["outcome"] in {"crash", "hang"}:
            child.stop()
            keep(work, seed, answer)
            child = Child(kind, work, seed)
        elif is_failure(answer):
            keep(work, seed, answer)
        if len(answers) % (20 if kind == "fits" else 1000) == 0:
            print(f"{len(answers)} tried: {dict(Counter(a['outcome'] for a in answers))}", flush=True)
        if len(answers) == count:
            break
    child.stop()
    return answers


def is_failure(answer: dict[str, Any]) -> bool:
    return answer["outcome"] == "error" or bool(answer.get("wrote")) or answer.get("grown_gb", 0) > GROWN


def keep(work: Path, seed: int, answer: dict[str, Any]) -> None:
    """Copy a failing input for a replay, with what was seen."""
    place = work / "failures" / f"{seed}-{answer['case']}-{answer['outcome']}"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    log = (work / "child.log").read_bytes()[-3000:].decode(errors="replace")
    (place / "answer.json").write_text(json.dumps({**answer, "seed": seed, "log": log}, indent=1))
    try:
        shutil.copytree(work / "box" / "case", place / "case", symlinks=True)
    except (OSError, shutil.Error) as error:
        (place / "not_copied.txt").write_text(str(error)[:2000])


def table(kind: str, answers: list[dict[str, Any]], changed: bool, seconds: float) -> str:
    """Return the outcomes as Markdown, a row a family or format."""
    groups = Counter(str(a["label"]).split(":")[0] for a in answers)
    good = [
        name
        for name in ("refused", "loaded", "read", "no model in time", "fitted")
        if any(a["outcome"] == name for a in answers)
    ]
    columns = [*good, "other error", "crash", "hang", "over 1 GB", "write outside"]

    def cells(rows: list[dict[str, Any]]) -> list[int]:
        outcomes = Counter(a["outcome"] for a in rows)
        large = sum(a.get("grown_gb", 0) > GROWN for a in rows)
        wrote = sum(bool(a.get("wrote")) for a in rows)
        return [*(outcomes[n] for n in good), outcomes["error"], outcomes["crash"], outcomes["hang"], large, wrote]

    lines = [f"| {kind} | tried | {' | '.join(columns)} |", "| --- " * (len(columns) + 2) + "|"]
    for name in sorted(groups):
        rows = [a for a in answers if str(a["label"]).split(":")[0] == name]
        lines.append(f"| {name} | {len(rows)} | {' | '.join(map(str, cells(rows)))} |")
    lines.append(f"| all | {len(answers)} | {' | '.join(map(str, cells(answers)))} |")
    slowest = max((a.get("seconds", 0.0) for a in answers), default=0.0)
    lines.append(f"\nFiles beside the sandbox changed: {'yes' if changed else 'no'}. Slowest case {slowest:.1f} s.")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
