"""Run systems on the tables of a suite, side by side on the same splits.

    python -m benchmarks run --suite data/suite.json --systems automl,autogluon,lightgbm --out results.jsonl

One at a time, each in its own environment. What is already in the results file is not run again, so that a run can be
stopped and continued at any time.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.report import write_report
from benchmarks.results import Key, Record, append, finished, load, machine, overrun
from benchmarks.scoring import PredictionsError, greater_is_better, score
from benchmarks.splits import Entry, Split, load_suite, write_split
from benchmarks.systems import chosen
from benchmarks.systems.base import Job, RunFailedError, System


@dataclass(frozen=True)
class Plan:
    """What to run and where its results go; `logs` is a folder for what the engine's runs wrote down, None for none."""

    entries: Sequence[Entry]
    systems: Sequence[System]
    seeds: Sequence[int]
    budget: float
    out: Path
    repeat_below: int | None = None
    logs: Path | None = None

    def seeds_of(self, entry: Entry) -> Sequence[int]:
        """Return the seeds for a table: the first one only for tables of `repeat_below` rows and more."""
        many = self.repeat_below is not None and entry.rows >= self.repeat_below
        return self.seeds[:1] if many else self.seeds


def run_plan(plan: Plan) -> list[Record]:
    """Run what has no result yet and return all results of the file."""
    for entry in plan.entries:
        greater_is_better(entry.metric)  # an unknown metric is to be met now, not after the first minute
        for seed in plan.seeds_of(entry):
            done = finished(load(plan.out))
            waiting = [s for s in plan.systems if (entry.name, s.name, seed, plan.budget) not in done]
            if not waiting:
                continue
            with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
                split = write_split(entry, seed, Path(folder))
                for system in waiting:
                    record = run_one(entry, system, seed, plan.budget, split)
                    append(record, plan.out)
                    print(_progress(record), flush=True)
                    if plan.logs is not None:
                        keep_logs(split.train.parent / system.name / "run", plan.logs, record)
    return load(plan.out)


def keep_logs(run: Path, logs: Path, record: Record) -> None:
    """Copy what a run of the engine wrote down of its phases and trials, as `TABLE-SYSTEM-SEED.*`."""
    logs.mkdir(parents=True, exist_ok=True)
    for name in ("run.log", "journal.jsonl"):
        if (run / name).exists():
            shutil.copy(run / name, logs / f"{record.table}-{record.system}-{record.seed}{Path(name).suffix}")


def run_one(entry: Entry, system: System, seed: int, budget: float, split: Split) -> Record:
    """Run one system on one split and judge its predictions; a failure becomes a record with its reason."""
    folder = split.train.parent / system.name
    folder.mkdir()
    job = Job(
        train=str(split.train), features=str(split.features), test=str(split.test), folder=str(folder),
        target=entry.target, task=entry.task, metric=entry.metric, modality=entry.modality, budget=budget, seed=seed,
    )  # fmt: skip
    started = datetime.now(UTC).isoformat(timespec="seconds")
    about = (entry.name, entry.metric, entry.modality, system.name, seed, budget)
    limit = budget if system.budgeted else None
    try:
        outcome = system.run(job)
    except RunFailedError as error:
        return Record(*about, score=None, limit=limit, error=str(error), started=started, machine=machine())
    value, hits, problem = None, None, ""
    try:
        value = score(entry.metric, split.test, entry.target, Path(outcome.predictions))
        if entry.task != "regression":
            hits = score("accuracy", split.test, entry.target, Path(outcome.predictions))
    except (PredictionsError, OSError, ValueError) as error:
        problem = f"{type(error).__name__}: {error}"
    return Record(
        *about,
        score=value,
        accuracy=hits,
        seconds=round(outcome.seconds, 3),
        predict_seconds=round(outcome.predict_seconds, 3),
        limit=limit,
        overrun=overrun(outcome.seconds, limit),
        members=outcome.members,
        latency=outcome.latency,
        size=outcome.size,
        peak_mib=outcome.peak_mib,
        cpu_seconds=outcome.cpu_seconds,
        error=problem,
        started=started,
        versions=outcome.versions,
        machine=machine(),
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, run, and write the report."""
    options = _parser().parse_args(arguments)
    entries = only([e for e in load_suite(options.suite) if options.modality in {"all", e.modality}], options.only)
    systems = chosen(options.systems, pairs(options.python), pairs(options.variant), options.environments)
    plan = Plan(entries, systems, options.seeds, options.budget, options.out, options.repeat_below, options.logs)
    keys = wanted(plan)
    shown = [record for record in run_plan(plan) if record.key in keys]
    print(write_report(shown, options.out))


def only(entries: Sequence[Entry], tables: Sequence[str] | None) -> list[Entry]:
    """Return the entries of these tables, all for None; end the program where one is not among them."""
    missing = set(tables or ()) - {entry.name for entry in entries}
    if missing:
        raise SystemExit(f"not in the suite: {', '.join(sorted(missing))}")
    return [entry for entry in entries if not tables or entry.name in tables]


def wanted(plan: Plan) -> set[Key]:
    """Return the keys of the results that a plan asks for; the file may hold others."""
    return {
        (entry.name, system.name, seed, plan.budget)
        for entry in plan.entries
        for system in plan.systems
        for seed in plan.seeds_of(entry)
    }


def pairs(words: Sequence[str]) -> dict[str, str]:
    """Read NAME=VALUE words."""
    for word in words:
        if "=" not in word:
            raise SystemExit(f"'{word}' must look like NAME=VALUE")
    return {name: value for name, _, value in (word.partition("=") for word in words)}


def names(text: str) -> list[str]:
    """Read a comma-separated list."""
    return [name.strip() for name in text.split(",") if name.strip()]


def numbers(text: str) -> list[int]:
    """Read a comma-separated list of whole numbers."""
    return [int(name) for name in names(text)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks run", description="Systems side by side.")
    parser.add_argument("--suite", type=Path, required=True, help="suite.json: the tables")
    parser.add_argument(
        "--systems", type=names, default=["automl", "lightgbm"], help="comma-separated (automl,lightgbm)"
    )
    parser.add_argument("--budget", type=float, default=60.0, help="seconds a system may take to fit (60)")
    parser.add_argument("--modality", default="tabular", help="tabular, text, image, sequence or all (tabular)")
    parser.add_argument("--seeds", type=numbers, default=[0], help="a split and a run for each, comma-separated (0)")
    parser.add_argument("--repeat-below", type=int, metavar="ROWS", help="larger tables get the first seed only")
    parser.add_argument("--out", type=Path, required=True, help="results, as JSON lines; the pages land beside them")
    parser.add_argument("--only", type=names, help="these tables only, comma-separated")
    parser.add_argument(
        "--variant", action="append", default=[], metavar="NAME=OPTIONS",
        help="the engine with further options of automl fit, as a system of this name",
    )  # fmt: skip
    parser.add_argument(
        "--python", action="append", default=[], metavar="SYSTEM=PATH", help="the interpreter of a system's environment"
    )
    parser.add_argument("--logs", type=Path, help="a folder for the run logs and journals of the engine's fits")
    parser.add_argument("--environments", type=Path, help="the folder of `python -m benchmarks peers`")
    return parser


def _progress(record: Record) -> str:
    if record.score is None:
        return f"{record.table}  {record.system}  failed: {record.error.strip().splitlines()[-1][:200]}"
    return f"{record.table}  {record.system}  {record.metric} {record.score:.5g}  {record.seconds:.1f} s"
