"""Fits at random limits over the tables of a suite, timed from outside: by how much is a limit overrun at worst?"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

SHORTEST, LONGEST = 20.0, 60.0  # seconds


@dataclass(frozen=True)
class Case:
    """One fit to make: which table, for how long, with which seed."""

    run: int
    table: str
    path: str
    target: str
    task: str
    limit: float


@dataclass(frozen=True)
class Outcome:
    """How long one fit took, from the start of its process to its end, in seconds."""

    run: int
    table: str
    limit: float
    seconds: float
    trials: int
    error: str = ""

    @property
    def overrun(self) -> float:
        """Per cent over the limit, 0 within it."""
        return max(0.0, 100 * (self.seconds / self.limit - 1))


def cases(suite: Path, runs: int, seed: int, modalities: Sequence[str]) -> list[Case]:
    """Draw limits for so many runs over the suite's tables in turn; the same seed draws the same."""
    entries: list[dict[str, Any]] = json.loads(suite.read_text(encoding="utf-8"))
    entries = [entry for entry in entries if entry["modality"] in modalities]
    dice = random.Random(seed)
    dice.shuffle(entries)
    drawn = []
    for run in range(runs):
        entry = entries[run % len(entries)]
        limit = round(dice.uniform(SHORTEST, LONGEST), 1)
        path = str(suite.parent / entry["path"])
        drawn.append(Case(run, entry["name"], path, entry["target"], entry["task"], limit))
    return drawn


def fit(case: Case, options: Sequence[str]) -> Outcome:
    """Make one fit by the command line."""
    with tempfile.TemporaryDirectory(prefix="overrun-") as folder:
        command = [
            sys.executable, "-c", "from automl.cli import main; main()", "fit", case.path, "--target", case.target,
            "--task", case.task, "--time-limit", f"{case.limit:g}", "--seed", str(case.run), "--json", "--quiet",
            "-o", str(Path(folder) / "run"), *options,
        ]  # fmt: skip
        started = time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        seconds = time.monotonic() - started
    trials = json.loads(done.stdout)["trials"] if done.returncode == 0 else 0
    problem = (done.stderr.strip().splitlines() or [""])[-1][:200] if done.returncode else ""
    return Outcome(case.run, case.table, case.limit, round(seconds, 2), trials, problem)


def render(outcomes: Sequence[Outcome]) -> str:
    """Write the outcomes as a Markdown table, the largest overrun first and in the last line."""
    ranked = sorted(outcomes, key=lambda outcome: -outcome.seconds / outcome.limit)
    lines = ["| table | limit | seconds | overrun % | trials | error |", "| --- | --- | --- | --- | --- | --- |"]
    lines += [
        f"| {o.table} | {o.limit:g} | {o.seconds:.1f} | {o.overrun:.1f} | {o.trials} | {o.error} |" for o in ranked
    ]
    worst = max((outcome.overrun for outcome in outcomes), default=0.0)
    over, failed = sum(o.overrun > 0 for o in outcomes), sum(bool(o.error) for o in outcomes)
    summary = f"{len(outcomes)} runs, {over} over their limit, {failed} failed; the largest overrun is {worst:.1f} %."
    return "\n".join([*lines, "", summary])


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, make the fits that have no line yet, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overrun", description=__doc__)
    parser.add_argument("--suite", type=Path, required=True, help="suite.json: the tables")
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--modality", nargs="+", default=["tabular"], help="which tables of the suite (tabular)")
    parser.add_argument("--out", type=Path, default=Path("overrun.jsonl"), help="results, as JSON lines")
    parser.add_argument("options", nargs="*", help="options for every fit, after --")
    options = parser.parse_args(arguments)
    outcomes = _load(options.out)
    drawn = cases(options.suite, options.runs, options.seed, options.modality)
    for case in drawn:
        known = outcomes.get(case.run)
        if known is not None and (known.table, known.limit) == (case.table, case.limit):
            continue
        outcome = outcomes[case.run] = fit(case, options.options)
        with options.out.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(outcome)) + "\n")
        print(f"{outcome.table}  {outcome.seconds:.1f} of {outcome.limit:g} s  {outcome.error}".rstrip(), flush=True)
    print(render([outcomes[case.run] for case in drawn]))


def _load(path: Path) -> dict[int, Outcome]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {outcome.run: outcome for outcome in (Outcome(**json.loads(line)) for line in lines if line.endswith("}"))}


if __name__ == "__main__":
    main()
