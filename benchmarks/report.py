"""The results as Markdown: a summary of the systems, and a row of scores for each table.

python -m benchmarks report results.jsonl
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

from benchmarks.compare import Standing, standing
from benchmarks.grid import Grid
from benchmarks.page import html
from benchmarks.results import Record, load

OURS = "automl"


@dataclass(frozen=True)
class Report:
    """Everything a page says, before it is written in some format."""

    standing: Standing
    grids: Sequence[Grid]
    notes: Sequence[str]

    def markdown(self) -> str:
        """Write the whole page in Markdown."""
        notes = "\n".join(f"- {note}" for note in self.notes)
        return "\n".join(grid.markdown() for grid in self.grids) + (f"\n{notes}\n" if notes else "")


def report(records: Iterable[Record]) -> Report:
    """Work out what the results say; ours first, the others by mean rank."""
    every = list(records)
    names = list(dict.fromkeys(record.system for record in every))
    first = standing(every, names)
    means = dict(zip(names, first.ranks.mean(axis=0), strict=True))
    ordered = sorted(names, key=lambda name: (name != OURS, means[name]))
    result = standing(every, ordered)
    return Report(result, [_summary(result, every), _scores(result, every), _seconds(result, every)], _notes(every))


def write_report(records: Iterable[Record], out: Path) -> str:
    """Write the Markdown and HTML pages beside the results and return the Markdown."""
    result = report(records)
    text = result.markdown()
    out.with_suffix(".md").write_text(text, encoding="utf-8")
    page = html(out.stem, result.standing, result.grids, result.notes)
    out.with_suffix(".html").write_text(page, encoding="utf-8")
    return text


def main(arguments: Sequence[str] | None = None) -> None:
    """Read results and write their pages."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks report", description="Results as pages.")
    parser.add_argument("results", type=Path, help="JSON lines of `python -m benchmarks run`")
    parser.add_argument("--systems", help="only these, comma-separated")
    parser.add_argument("--budget", type=float, help="only results of this budget")
    options = parser.parse_args(arguments)
    kept = [
        record
        for record in load(options.results)
        if (options.systems is None or record.system in options.systems.split(","))
        and (options.budget is None or record.budget == options.budget)
    ]
    if len({record.budget for record in kept}) > 1:
        raise SystemExit("the results hold several budgets: name one with --budget")
    print(write_report(kept, options.results))


def _summary(result: Standing, records: Sequence[Record]) -> Grid:
    ours = OURS in result.systems and len(result.systems) > 1
    head = ["system", "mean rank", "normalised", "Elo"] + ([f"{OURS} wins–ties–losses"] if ours else [])
    head += ["worst overrun", "single row", "size", "peak memory", "failures"]
    rows = []
    for i, name in enumerate(result.systems):
        own = [record for record in records if record.system == name]
        row = [
            name,
            f"{result.ranks[:, i].mean():.2f}",
            f"{result.normalised[:, i].mean():.3f}",
            f"{result.elo[i]:.0f}",
        ]
        if ours:
            row.append("" if name == OURS else "–".join(map(str, result.duel(OURS, name))))
        row += [
            _percent(max((r.overrun for r in own if r.overrun is not None), default=None)),
            _unit(_median(r.latency for r in own), 1000, "ms"),
            _unit(_median(r.size for r in own), 1 / 2**20, "MiB"),
            _unit(max((r.peak_mib for r in own if r.peak_mib is not None), default=None), 1, "MiB"),
            str(sum(r.score is None for r in own)),
        ]
        rows.append(row)
    return Grid("Systems", head, rows, frozenset({(int(result.ranks.mean(axis=0).argmin()), 1)}))


def _scores(result: Standing, records: Sequence[Record]) -> Grid:
    metrics = {record.table: record.metric for record in records}
    rows, best = [], set()
    for r, table in enumerate(result.tables):
        ranks = result.ranks[r]
        best |= {(r, c + 2) for c in range(len(ranks)) if ranks[c] == ranks.min()}
        rows.append([table, metrics[table], *(_number(abs(value)) for value in result.scores[r])])
    return Grid("Scores", ["table", "metric", *result.systems], rows, frozenset(best))


def _seconds(result: Standing, records: Sequence[Record]) -> Grid:
    rows = []
    for table in result.tables:
        row = [table]
        for system in result.systems:
            known = [r.seconds for r in records if r.table == table and r.system == system and r.seconds is not None]
            row.append(f"{fmean(known):.1f}" if known else "–")
        rows.append(row)
    return Grid("Seconds to fit", ["table", *result.systems], rows)


def _notes(records: Sequence[Record]) -> list[str]:
    budgets = sorted({record.budget for record in records})
    seeds = {table: len({r.seed for r in records if r.table == table}) for table in {r.table for r in records}}
    notes = [
        f"Budget {', '.join(f'{budget:g} s' for budget in budgets)}; {len(seeds)} tables,"
        f" {min(seeds.values())} to {max(seeds.values())} seeds; normalised: 0 is the worst system of a table,"
        " 1 the best; single row, size and memory: medians and the peak."
    ]
    machines = {f"{r.machine.get('cpu')}, {r.machine.get('cores')} cores" for r in records if r.machine}
    notes += sorted(machines)
    notes += [f"failed: {r.table}, {r.system}, seed {r.seed}: {_last_line(r.error)}" for r in records if r.error]
    return notes


def _median(values: Iterable[float | int | None]) -> float | None:
    known = [float(value) for value in values if value is not None]
    return median(known) if known else None


def _unit(value: float | None, factor: float, unit: str) -> str:
    if value is None:
        return "–"
    scaled = value * factor
    return f"{scaled:.0f} {unit}" if scaled >= 10 else f"{scaled:.1f} {unit}"


def _percent(value: float | None) -> str:
    return "–" if value is None else "none" if value == 0 else f"{value:.1f}%"


def _number(value: float) -> str:
    if math.isnan(value):  # no score
        return "–"
    return f"{value:.4f}" if value < 100 else f"{value:.0f}"


def _last_line(text: str) -> str:
    # The last line of a traceback says what went wrong.
    return text.strip().splitlines()[-1][:200]
