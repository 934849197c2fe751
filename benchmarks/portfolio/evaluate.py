"""Measure configurations on the tables of a suite.

    python -m benchmarks portfolio evaluate --suite data/suite.json --samples 20 --hours 6 --out portfolio.jsonl

What families bring comes first, on all tables; then samples of their spaces, a few at a time, so that whenever it is
stopped the tables have about as many. What is in the results is not measured again.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from automl.errors import AutoMLError
from automl.plugin import ModelFamily, TaskKind
from automl.plugin.registry import Registry, discover, select
from automl.search.workers import WorkerPool
from benchmarks.portfolio.configurations import Configuration, configurations, rounds
from benchmarks.portfolio.plan import Planner
from benchmarks.portfolio.records import Record, append, load, predictions_folder
from benchmarks.portfolio.tables import Rules, open_table
from benchmarks.portfolio.work import Place, Visit
from benchmarks.run import names, only
from benchmarks.splits import Entry, load_suite

MOST_WORKERS = 2
STRIDE = 5  # samples of each family in a visit to a table
_WARM = ("benchmarks.portfolio.trials", "lightgbm", "sklearn.ensemble", "sklearn.linear_model")


@dataclass(frozen=True)
class Request:
    """What to measure: so many samples of each family's space beside its portfolio, by `rules`.

    A trial may take `cap` seconds; nothing is started after `hours`, None for no end.
    """

    entries: Sequence[Entry]
    families: Mapping[str, ModelFamily]
    samples: int
    rules: Rules
    cap: float
    workers: int
    out: Path
    hours: float | None = None


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and measure, or only estimate what that would take."""
    options = parser().parse_args(arguments)
    registry = discover()
    entries = only([e for e in load_suite(options.suite) if options.modality in {"all", e.modality}], options.only)
    request = Request(
        entries,
        select(registry, options.families, options.exclude),
        options.samples,
        Rules(options.seed, options.budget, options.rows),
        options.cap,
        min(options.workers, MOST_WORKERS),
        options.out,
        options.hours,
    )
    if options.estimate:
        print(estimate(request, registry))
    else:
        evaluate(request, registry)


def evaluate(request: Request, registry: Registry) -> None:
    """Measure what has no line in the results yet, until it is done or the hours are over."""
    request.out.parent.mkdir(parents=True, exist_ok=True)
    ends = float("inf") if request.hours is None else time.monotonic() + 3600 * request.hours
    every = {kind: _configurations(request, kind) for kind in TaskKind}
    waves = {kind: list(rounds(ones, STRIDE)) for kind, ones in every.items()}
    pool = WorkerPool(request.workers, threads=1, modules=_WARM, log=request.out.with_suffix(".log"))
    try:
        for wave in range(max(map(len, waves.values()))):
            for entry in request.entries:
                ones = waves[TaskKind(entry.task)]
                if wave >= len(ones) or time.monotonic() >= ends:
                    continue
                try:
                    _visit(entry, ones[wave], request, registry, pool, ends)
                except AutoMLError as error:  # nothing can learn from this table; the others can be measured
                    print(f"{entry.name}  left out: {error}", flush=True)
    finally:
        pool.shutdown(cancel_futures=True)


def _configurations(request: Request, kind: TaskKind) -> list[Configuration]:
    able = [family for _, family in sorted(request.families.items()) if kind in family.tasks]
    return [one for family in able for one in configurations(family, kind, request.samples, request.rules.seed)]


def _visit(
    entry: Entry,
    ones: Sequence[Configuration],
    request: Request,
    registry: Registry,
    pool: WorkerPool,
    ends: float,
) -> None:
    """Measure the configurations that a table lacks."""
    rules = request.rules
    here = [r for r in load(request.out) if (r.table, r.seed, r.budget) == (entry.name, rules.seed, rules.budget)]
    done = {record.key for record in here}
    missing = [one for one in ones if one.key not in done]
    if not missing:
        return
    with tempfile.TemporaryDirectory(prefix="portfolio-") as private:
        folder = Path(private)
        table = open_table(entry, rules, registry, request.families, folder)
        place = Place(folder, predictions_folder(request.out), pool, request.workers)
        planned = [record for record in Planner(table, here).planned(missing) if record.key not in done]
        for record in Visit(table, place, request.cap, here).measured(planned, lambda: time.monotonic() < ends):
            append(record, request.out)
            print(_progress(record), flush=True)


def estimate(request: Request, registry: Registry) -> str:
    """Say what measuring would take, by the families' own estimates; a trial that is capped counts as its cap."""
    total, lines = 0.0, []
    for entry in request.entries:
        with tempfile.TemporaryDirectory(prefix="portfolio-") as private:
            table = open_table(entry, request.rules, registry, request.families, Path(private))
            planned = Planner(table).planned(_configurations(request, TaskKind(entry.task)))
        costs = {r.predictions: min(r.cost, request.cap) for r in planned if r.state != "declined"}
        total += sum(costs.values())
        lines.append(f"{entry.name}  {len(costs)} trials  {sum(costs.values()) / 3600:.2f} core hours")
    return "\n".join([*lines, f"all  {total / 3600:.1f} core hours, {total / 3600 / request.workers:.1f} hours"])


def _progress(record: Record) -> str:
    what = f"{record.table}  {record.key}  {record.origin}"
    if record.error is None:
        return f"{what}  {record.state}: {record.reason.splitlines()[0][:150] if record.reason else ''}"
    return f"{what}  {record.metric} error {record.error:.5g} (test {record.test_error:.5g})  {record.seconds:.1f} s"


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    made = argparse.ArgumentParser(
        prog="python -m benchmarks portfolio evaluate", description="Measure configurations on the tables of a suite."
    )
    made.add_argument("--suite", type=Path, required=True, help="suite.json: the tables")
    made.add_argument("--out", type=Path, required=True, help="results, as JSON lines; predictions land beside them")
    made.add_argument("--samples", type=int, default=20, metavar="K", help="samples of each family's space (20)")
    made.add_argument("--families", type=names, help="these families only, comma-separated")
    made.add_argument("--exclude", type=names, default=[], help="not these families, comma-separated")
    made.add_argument("--modality", default="tabular", help="tabular, text, image, sequence or all (tabular)")
    made.add_argument("--only", type=names, help="these tables only, comma-separated")
    made.add_argument("--rows", type=int, default=20_000, help="at most so many to learn from (20000)")
    made.add_argument("--budget", type=float, default=60.0, help="the fit whose folds and rates are measured (60 s)")
    made.add_argument("--cap", type=float, default=120.0, help="seconds that a trial may take one core (120)")
    made.add_argument("--hours", type=float, help="start nothing after so many hours (no end)")
    made.add_argument("--workers", type=int, default=MOST_WORKERS, help=f"at most {MOST_WORKERS} ({MOST_WORKERS})")
    made.add_argument("--seed", type=int, default=0, help="of splits, folds and samples (0)")
    made.add_argument("--estimate", action="store_true", help="only say what it would take")
    return made
