"""What each part of the engine earns: the engine without it, beside the full one, on the same splits.

    python -m benchmarks ablate --suite data/suite.json --budget 60 --parts portfolio,allocator --out ablation.jsonl

Like `python -m benchmarks run` it continues where it was stopped, and it runs one thing at a time.
"""

from __future__ import annotations

import argparse
import difflib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.grid import Grid
from benchmarks.losses import Loss, loss_of
from benchmarks.page import html
from benchmarks.report import report
from benchmarks.results import Record
from benchmarks.run import Plan, names, numbers, only, run_plan, wanted
from benchmarks.splits import load_suite
from benchmarks.systems import ENGINE, chosen

PARTS: Mapping[str, str] = {
    "portfolio": "--without portfolio",
    "allocator": "--without allocator",
    "studies": "--without studies",
    "selection": "--without selection",
    "features": "--without features",
    "log_target": "--without log_target",
    "ensemble": "--without ensemble",
    "large_ensembles": "--without large_ensembles",
    "calibration": "--without calibration",
    "refit": "--without refit",
    "copies": "--without copies",
    "early_stopping": "--without early_stopping",
    "folds_3": "--folds 3",
    "folds_5": "--folds 5",
    "folds_10": "--folds 10",
}
"""Options of `automl fit` that leave a part out, or replace the number of folds that goes by size."""


def variant(part: str) -> str:
    """Name the system that lacks a part: what it is called in results."""
    return part if part.startswith("folds_") else f"no_{part}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, run the engine with and without each part, and write what they earn."""
    options = _parser().parse_args(arguments)
    parts = checked(options.parts)
    entries = only([e for e in load_suite(options.suite) if options.modality in {"all", e.modality}], options.only)
    variants = {variant(part): PARTS[part] for part in parts}
    pythons = {} if options.python is None else {ENGINE: options.python}
    systems = chosen([ENGINE, *variants], pythons, variants)
    plan = Plan(entries, systems, options.seeds, options.budget, options.out, options.repeat_below)
    keys = wanted(plan)
    shown = [record for record in run_plan(plan) if record.key in keys]
    print(write_ablation(shown, options.out))


def checked(parts: Sequence[str] | None) -> list[str]:
    """Return the parts to leave out, all by default; an unknown one ends the program with the nearest known one."""
    for part in parts or ():
        if part not in PARTS:
            near = difflib.get_close_matches(part, PARTS, n=1)
            hint = f" did you mean '{near[0]}'?" if near else ""
            raise SystemExit(f"unknown part '{part}':{hint} known are {', '.join(PARTS)}")
    return list(parts or PARTS)


def write_ablation(records: Sequence[Record], out: Path) -> str:
    """Write the Markdown and HTML pages beside the results and return the Markdown."""
    whole = report(records)
    means = dict(zip(whole.standing.systems, whole.standing.ranks.mean(axis=0), strict=True))
    grids = [_grid(records, means), *whole.grids[1:]]
    notes = [
        "Relative loss: what the error grows by without the part, in percent of the larger of the two errors (1 - score"
        " where more is better); a failure counts as 100%. 95% bootstrap intervals over tables: one that holds 0 shows"
        " no difference.",
        *whole.notes,
    ]
    text = "\n".join(grid.markdown() for grid in grids) + "\n" + "\n".join(f"- {note}" for note in notes) + "\n"
    out.with_suffix(".md").write_text(text, encoding="utf-8")
    out.with_suffix(".html").write_text(html(out.stem, whole.standing, grids, notes), encoding="utf-8")
    return text


def _grid(records: Sequence[Record], ranks: Mapping[str, float]) -> Grid:
    losses = {part: loss_of(variant(part), ENGINE, records) for part in PARTS if variant(part) in ranks}
    # A part whose engine ran on nothing that the full one ran on, so far, comes last.
    ordered = sorted(losses, key=lambda part: -losses[part].mean if losses[part].by_table else math.inf)
    rows = [["(the full engine)", "", f"{ranks[ENGINE]:.2f}", "", "", ""]]
    rows += [_row(part, ranks[variant(part)], losses[part]) for part in ordered]
    earning = frozenset((row, 3) for row, part in enumerate(ordered, 1) if losses[part].interval[0] > 0)
    head = ["part", "left out by", "mean rank", "relative loss", "95% interval", "worse–same–better"]
    return Grid("What each part earns", head, rows, earning)


def _row(part: str, rank: float, loss: Loss) -> list[str]:
    told = [part, f"`{PARTS[part]}`", f"{rank:.2f}"]
    if not loss.by_table:
        return [*told, "–", "–", "–"]
    low, high = loss.interval
    return [*told, _percent(loss.mean), f"{_percent(low)} to {_percent(high)}", "–".join(map(str, loss.counts))]


def _percent(share: float) -> str:
    return f"{100 * share:+.2f}%"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks ablate", description="What each part earns.")
    parser.add_argument("--suite", type=Path, required=True, help="suite.json: the tables")
    parser.add_argument("--parts", type=names, help=f"comma-separated, of {', '.join(PARTS)} (all)")
    parser.add_argument("--budget", type=float, default=60.0, help="seconds a fit may take (60)")
    parser.add_argument("--modality", default="tabular", help="tabular, text, image, sequence or all (tabular)")
    parser.add_argument("--only", type=names, help="these tables only, comma-separated")
    parser.add_argument("--seeds", type=numbers, default=[0], help="a split and a run for each, comma-separated (0)")
    parser.add_argument("--repeat-below", type=int, metavar="ROWS", help="larger tables get the first seed only")
    parser.add_argument("--out", type=Path, required=True, help="results, as JSON lines; the pages land beside them")
    parser.add_argument("--python", help="the interpreter of the engine's environment (this one)")
    return parser
