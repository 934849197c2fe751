"""What a fit costs against the number of rows: a table repeated with small noise, and fitted at several sizes.

    python -m benchmarks.scaling --suite PATH/suite.json --table diamonds --rows 1000,10000,100000,1000000 \\
        --budget 300 --memory 16GiB --out scaling.jsonl

Rows beyond those of the table repeat it, each number moved by a hundredth of its column's standard deviation, the
target too. The test part is drawn from the same rows: a fifth, at most 20,000. Results are JSON lines, and what has a
score there is not run again; a page in Markdown and plots land beside them.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.charts import log_log_svg
from benchmarks.grid import Grid
from benchmarks.results import Record
from benchmarks.run import names, numbers, run_one
from benchmarks.scoring import greater_is_better
from benchmarks.splits import Entry, Split, load_suite
from benchmarks.systems import chosen
from benchmarks.systems.base import System

NOISE = 0.01  # standard deviations
TEST_SHARE, TEST_MOST = 0.2, 20_000
DIGITS = 6  # of the numbers that noise was added to
ENGINE = "automl"
STEPS = ("reading", "first model", "trial", "finishing")


@dataclass(frozen=True)
class Point:
    """One system on so many training rows; `steps` are seconds by name, and `trials` how many ended, where a `run.log`
    tells them."""

    rows: int
    record: Record
    steps: Mapping[str, float] = field(default_factory=dict)
    trials: int | None = None


def repeated(
    table: pd.DataFrame, n_rows: int, seed: int, noise: float = NOISE, exact: Sequence[str] = ()
) -> pd.DataFrame:
    """Return so many rows of a table of text, in random order: each once, then again with noise in their numbers.

    The columns in `exact`, such as labels, get none. Whole numbers stay whole.
    """
    rng = np.random.default_rng(seed)
    rounds = -(-n_rows // len(table))
    rows = np.concatenate([rng.permutation(len(table)) for _ in range(rounds)])[:n_rows]
    copies = np.arange(n_rows) >= len(table)
    result = table.iloc[rows].reset_index(drop=True)
    for name in table.columns:
        values = pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=np.float64)
        if name in exact or np.isnan(values).any() or not copies.any():
            continue
        moved = values[rows][copies] + NOISE * values.std() * rng.normal(size=int(copies.sum()))
        whole = bool((values == np.round(values)).all())
        cells = [f"{value:.0f}" if whole else f"{value:.{DIGITS}g}" for value in moved.tolist()]
        column = result[name].to_numpy(dtype=object)
        column[copies] = cells
        result[name] = column
    return result.iloc[rng.permutation(n_rows)].reset_index(drop=True)


def write_parts(entry: Entry, n_rows: int, seed: int, folder: Path) -> Split:
    """Write `n_rows` training rows and a test part beside them."""
    table = pd.read_csv(entry.path, dtype=str, keep_default_na=False)
    table = table[table[entry.target] != ""].reset_index(drop=True)
    n_test = max(1, min(int(n_rows * TEST_SHARE / (1 - TEST_SHARE)), TEST_MOST))
    exact = [] if entry.task == "regression" else [entry.target]
    rows = repeated(table, n_rows + n_test, seed, exact=exact)
    split = Split(folder / "train.csv", folder / "test.csv", folder / "features.csv")
    rows.iloc[n_test:].to_csv(split.train, index=False, lineterminator="\n")
    rows.iloc[:n_test].to_csv(split.test, index=False, lineterminator="\n")
    rows.iloc[:n_test].drop(columns=entry.target).to_csv(split.features, index=False, lineterminator="\n")
    return split


def measure(entry: Entry, system: System, n_rows: int, seed: int, budget: float, split: Split) -> Point:
    """Run one system on one size."""
    record = run_one(replace(entry, name=f"{entry.name}-{n_rows}"), system, seed, budget, split)
    log = split.train.parent / system.name / "run" / "run.log"
    lines = [json.loads(text) for text in log.read_text(encoding="utf-8").splitlines()] if log.is_file() else []
    return Point(n_rows, record, steps_of(lines), sum(line["event"] == "trial" for line in lines) or None)


def steps_of(lines: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return seconds by step from the lines of a `run.log`.

    `reading` lasts until the search begins, `first model` until one is there, `trial` is the median of those that were
    not cut short, and `finishing` all that follows the search.
    """
    begins = {line["name"]: float(line["elapsed"]) for line in lines if line["event"] == "phase"}
    complete = [line for line in lines if line["event"] == "trial" and line["state"] == "complete"]
    steps: dict[str, float] = {}
    if "searching" in begins:
        steps["reading"] = begins["searching"]
    if complete:
        steps["first model"] = float(complete[0]["elapsed"])
        steps["trial"] = median(float(line["seconds"]) for line in complete)
    if {"ensembling", "done"} <= begins.keys():
        steps["finishing"] = begins["done"] - begins["ensembling"]
    return steps


def page(points: Sequence[Point]) -> str:
    """Write the results as a table in Markdown; the better score of each size is set off."""
    head = ["rows", "system", "score", "seconds", "overrun", "peak memory", "single row", *STEPS, "trials"]
    rows, best = [], set()
    for point in sorted(points, key=lambda point: (point.rows, point.record.system)):
        record = point.record
        if record.score is not None and record.score == _best(points, point.rows):
            best.add((len(rows), 2))
        rows.append([
            f"{point.rows:,}",
            record.system,
            "failed" if record.error else f"{record.metric} {_text(record.score, lambda score: f'{score:.5g}')}",
            _text(record.seconds, lambda seconds: f"{seconds:.1f}"),
            _text(record.overrun, lambda overrun: f"{overrun:.1f}%"),
            _text(record.peak_mib, lambda mib: f"{mib / 1024:.2f} GiB"),
            _text(record.latency, lambda seconds: f"{1000 * seconds:.1f} ms"),
            *(_text(point.steps.get(step), lambda seconds: f"{seconds:.1f}") for step in STEPS),
            _text(point.trials, str),
        ])  # fmt: skip
    about = sorted({f"{p.record.machine.get('cpu')}, {p.record.machine.get('cores')} cores" for p in points})
    budgets = sorted({p.record.budget for p in points})
    notes = [f"Budget {', '.join(f'{budget:g} s' for budget in budgets)}.", *about]
    notes += [f"failed: {p.rows:,} rows, {p.record.system}: {p.record.error[-200:]}" for p in points if p.record.error]
    return Grid("Cost against rows", head, rows, frozenset(best)).markdown() + "\n" + "".join(f"- {n}\n" for n in notes)


def plots(points: Sequence[Point]) -> dict[str, str]:
    """Draw seconds and memory against rows, by name."""
    seconds: dict[str, list[tuple[float, float]]] = {}
    memory: dict[str, list[tuple[float, float]]] = {}
    for point in points:
        record = point.record
        if record.seconds is not None:
            seconds.setdefault(f"{record.system}: fit", []).append((point.rows, record.seconds))
        if record.peak_mib is not None:
            memory.setdefault(record.system, []).append((point.rows, record.peak_mib))
        for step, spent in point.steps.items():
            seconds.setdefault(f"{record.system}: {step}", []).append((point.rows, spent))
    return {
        "seconds": log_log_svg("Seconds against rows", ("training rows", "seconds"), seconds),
        "memory": log_log_svg("Peak memory against rows", ("training rows", "MiB"), memory),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, run what has no result yet, and write the page and the plots."""
    options = _parser().parse_args(arguments)
    entries = {entry.name: entry for entry in load_suite(options.suite)}
    if options.table not in entries:
        raise SystemExit(f"not in the suite: {options.table}; known are {', '.join(sorted(entries))}")
    limit = f"--memory-limit {options.memory}" if options.memory else ""
    systems = chosen(options.systems, variants={ENGINE: f"{limit} {options.options}".strip()})
    points = run_sizes(entries[options.table], systems, options.rows, options.seed, options.budget, options.out)
    text = page(points)
    options.out.with_suffix(".md").write_text(text, encoding="utf-8")
    for name, drawing in plots(points).items():
        options.out.with_name(f"{options.out.stem}-{name}.svg").write_text(drawing, encoding="utf-8")
    print(text)


def run_sizes(
    entry: Entry, systems: Sequence[System], sizes: Sequence[int], seed: int, budget: float, out: Path
) -> list[Point]:
    """Run what has no score in the results yet, smallest size first; return all that was asked for."""
    known = read(out)
    wanted = [(n_rows, system) for n_rows in sorted(sizes) for system in systems]
    for n_rows in sorted(sizes):
        waiting = [s for s in systems if not _scored(known.get((n_rows, s.name, seed, budget)))]
        if not waiting:
            continue
        with tempfile.TemporaryDirectory(prefix="scaling-") as folder:
            split = write_parts(entry, n_rows, seed, Path(folder))
            for system in waiting:
                point = measure(entry, system, n_rows, seed, budget, split)
                known[n_rows, system.name, seed, budget] = point
                with out.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(point)) + "\n")
                outcome = point.record.error[-200:] or f"{point.record.metric} {point.record.score:.5g}"
                print(f"{n_rows:,} rows  {system.name}  {outcome}  {point.record.seconds or 0:.1f} s", flush=True)
    return [known[n_rows, system.name, seed, budget] for n_rows, system in wanted]


def read(path: Path) -> dict[tuple[int, str, int, float], Point]:
    """Read the points of a results file by rows, system, seed and budget; later ones replace earlier ones."""
    points = {}
    for text in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            line = json.loads(text)
        except json.JSONDecodeError:  # torn when a run was killed
            continue
        record = Record(**line["record"])
        points[line["rows"], record.system, record.seed, record.budget] = Point(**{**line, "record": record})
    return points


def _scored(point: Point | None) -> bool:
    return point is not None and point.record.score is not None


def _best(points: Sequence[Point], n_rows: int) -> float | None:
    scores = [p.record.score for p in points if p.rows == n_rows and p.record.score is not None]
    if not scores:
        return None
    return max(scores) if greater_is_better(points[0].record.metric) else min(scores)


def _text(value: Any, write: Callable[[Any], str]) -> str:
    return "–" if value is None else write(value)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scaling", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--suite", type=Path, required=True, help="suite.json: the tables")
    parser.add_argument("--table", default="diamonds", help="the table to repeat (diamonds)")
    parser.add_argument("--rows", type=numbers, default=[1_000, 10_000, 100_000, 1_000_000], help="training rows")
    parser.add_argument("--systems", type=names, default=[ENGINE, "lightgbm"], help="comma-separated (automl,lightgbm)")
    parser.add_argument("--budget", type=float, default=300.0, help="seconds a system may take to fit (300)")
    parser.add_argument("--memory", help="what the engine may hold, such as 16GiB")
    parser.add_argument("--options", default="", help="further options of automl fit, as a shell would read them")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("scaling.jsonl"), help="results, as JSON lines")
    return parser


if __name__ == "__main__":
    main()
