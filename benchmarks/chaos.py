"""Runs whose workers and coordinators are killed at random moments, resumed until done, and counted afterwards.

What is counted is read from the run folder by the `Ledger` alone: a line of the journal that was once whole must be
there at the end, byte for byte, with the predictions it speaks of; no configuration may have two lines; whatever stands
under a model's final name, at any time, must predict.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from benchmarks.ledger import Ledger

TABLES = {"breast_cancer.csv": "diagnosis", "diabetes.csv": "progression", "wine.csv": "cultivar"}
FAMILIES = "linear,knn,decision_tree,naive_bayes,lightgbm,extra_trees"
EXAMPLES = Path(__file__).parents[1] / "examples"
WORKER_EVERY = 3.0  # seconds between kills of workers, on average
MOST_DEATHS = 4  # of the coordinator in one run
PATIENCE = 10.0  # an attempt that lasts this many times its limit hangs


@dataclass(frozen=True)
class Outcome:
    """What one run went through, and what it left."""

    run: int
    table: str
    mode: str
    worker_kills: int
    coordinator_kills: int
    attempts: int
    trials: int
    failed: int
    lost: int
    repeated: int
    unreadable: int
    seconds: float
    error: str = ""


@dataclass
class Run:
    """One run on its way through its deaths."""

    number: int
    folder: Path
    table: str
    options: list[str]
    limit: float
    dice: random.Random
    ledger: Ledger
    worker_kills: int = 0
    coordinator_kills: int = 0
    attempts: int = 0
    unreadable: int = 0

    def attempt(self, survives: bool) -> int | None:
        """Start or resume once, and kill what the dice say; return the exit code, None where it was killed."""
        self.attempts += 1
        begun = (self.folder / "options.json").exists()
        table = ["--resume", str(self.folder)] if begun else self._begin()
        with (self.folder.parent / "output.txt").open("ab") as output:
            process = subprocess.Popen([*_automl(), "fit", *table, "--quiet"], stdout=output, stderr=output)
        now = time.monotonic()
        death = now + (PATIENCE * self.limit if survives else self.dice.uniform(0.2, 1.1 * self.limit))
        next_worker = now + self.dice.expovariate(1 / WORKER_EVERY)
        while process.poll() is None:
            if time.monotonic() > next_worker and self._kill_a_worker(process):
                next_worker = time.monotonic() + self.dice.expovariate(1 / WORKER_EVERY)
            if time.monotonic() > death:
                process.send_signal(signal.SIGKILL)
                process.wait()
                if survives:
                    raise TimeoutError(f"the attempt hung for {PATIENCE * self.limit:.0f} s")
                self.coordinator_kills += 1
                self._see()
                return None
            self.ledger.look()
            time.sleep(0.02)
        self._see()
        return process.returncode

    def _begin(self) -> list[str]:
        return [str(EXAMPLES / self.table), "--target", TABLES[self.table], "-o", str(self.folder), *self.options]

    def _kill_a_worker(self, process: subprocess.Popen[bytes]) -> bool:
        try:
            workers = [c for c in psutil.Process(process.pid).children() if "automl.search.worker" in c.cmdline()]
            if not workers:
                return False
            self.dice.choice(workers).kill()
        except psutil.Error:
            return False
        self.worker_kills += 1
        return True

    def _see(self) -> None:
        self.ledger.look()
        if (self.folder / "model").exists() and not self.predicts():
            self.unreadable += 1

    def predicts(self) -> bool:
        """Whether the model predicts every row of its table, in a process of its own."""
        out = self.folder.parent / "predictions.csv"
        out.unlink(missing_ok=True)
        command = [*_automl(), "predict", str(self.folder), str(EXAMPLES / self.table), "-o", str(out)]
        if subprocess.run(command, capture_output=True, check=False).returncode != 0:
            return False
        rows = len((EXAMPLES / self.table).read_text(encoding="utf-8").splitlines())
        return len(out.read_text(encoding="utf-8").splitlines()) == rows


def run_once(number: int, seed: int, limit: float, folder: Path) -> Outcome:
    """Make one run, with deaths drawn from the seed and the run's number, and count what is left of it."""
    dice = random.Random(seed * 10_007 + number)
    fixed = bool(number % 2)
    mode = "--trials 40" if fixed else f"--time-limit {limit:g}"
    options = [*mode.split(), "--families", FAMILIES, "--jobs", "2", "--seed", str(number)]
    table = sorted(TABLES)[number % len(TABLES)]
    run = Run(number, folder / "run", table, options, limit, dice, Ledger(folder / "run"))
    started, error = time.monotonic(), ""
    try:
        deaths = dice.randint(1, MOST_DEATHS)
        while (code := run.attempt(survives=run.coordinator_kills >= deaths)) is None:
            pass
        if code != 0:
            error = f"exit code {code}: {_last_line(folder / 'output.txt')}"
    except TimeoutError as hung:
        error = str(hung)
    lines = [json.loads(line) for line in run.ledger.look()]
    if fixed and not error and len(lines) != 40:
        error = f"{len(lines)} trials, not 40"
    return Outcome(
        run=number,
        table=table.removesuffix(".csv"),
        mode=mode,
        worker_kills=run.worker_kills,
        coordinator_kills=run.coordinator_kills,
        attempts=run.attempts,
        trials=len(lines),
        failed=sum(line["state"] == "failed" for line in lines),
        lost=run.ledger.lost(),
        repeated=run.ledger.repeated(),
        unreadable=run.unreadable + (not (run.folder / "model").exists()),
        seconds=round(time.monotonic() - started, 1),
        error=error,
    )


def render(outcomes: Sequence[Outcome]) -> str:
    """Write the outcomes as a Markdown table with their sums."""
    titles = [
        "run", "table", "mode", "coordinator kills", "worker kills", "attempts", "trials", "failed", "lost", "repeated",
        "unreadable models", "seconds", "error",
    ]  # fmt: skip
    names = [
        "run", "table", "mode", "coordinator_kills", "worker_kills", "attempts", "trials", "failed", "lost", "repeated",
        "unreadable", "seconds", "error",
    ]  # fmt: skip
    rows = [[str(asdict(outcome)[name]) for name in names] for outcome in outcomes]
    sums = [sum(getattr(outcome, name) for outcome in outcomes) for name in names[3:11]]
    total = [f"{len(outcomes)} runs", "", "", *map(str, sums), "", f"{sum(bool(o.error) for o in outcomes)} errors"]
    lines = [titles, ["---"] * len(titles), *rows, total]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, make the runs that have no line yet, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__)
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--limit", type=float, default=15.0, help="seconds asked of a run with a time limit (15)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("chaos.jsonl"), help="results, as JSON lines")
    parser.add_argument("--keep", type=Path, help="a folder to keep the run folders in; deleted by default")
    options = parser.parse_args(arguments)
    outcomes = _load(options.out)
    for number in range(options.runs):
        if number in outcomes:
            continue
        with tempfile.TemporaryDirectory(prefix="chaos-") as temporary:
            outcome = run_once(number, options.seed, options.limit, Path(temporary))
            if options.keep is not None:
                shutil.copytree(temporary, options.keep / str(number), dirs_exist_ok=True)
        outcomes[number] = outcome
        with options.out.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(outcome)) + "\n")
        print(json.dumps(asdict(outcome)), flush=True)
    print(render([outcomes[number] for number in range(options.runs)]))


def _load(path: Path) -> dict[int, Outcome]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {outcome.run: outcome for outcome in (Outcome(**json.loads(line)) for line in lines)}


def _automl() -> list[str]:
    return [sys.executable, "-c", "from automl.cli import main; main()"]


def _last_line(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return lines[-1][:200] if lines else ""


if __name__ == "__main__":
    main()
