"""Show what has been measured, or what the installed plugins were taught."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

from automl.plugin.learned import portfolio_path
from automl.plugin.portfolio_file import PortfolioFile, read_portfolio
from automl.plugin.registry import discover
from benchmarks.grid import Grid
from benchmarks.portfolio.evidence import hours
from benchmarks.portfolio.records import Record, load


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and print."""
    made = argparse.ArgumentParser(prog="python -m benchmarks portfolio show", description=__doc__)
    made.add_argument("results", type=Path, nargs="?", help="what `portfolio evaluate` wrote; the plugins' without")
    options = made.parse_args(arguments)
    print(measured(load(options.results)) if options.results else taught())


def measured(records: Sequence[Record]) -> str:
    """Count trials and core hours by table and by family."""
    if not records:
        return "nothing was measured yet"
    return "\n".join(
        [
            _counts("By table", records, [record.table for record in records]).markdown(),
            _counts("By family", records, [record.family for record in records]).markdown(),
        ]
    )


def _counts(title: str, records: Sequence[Record], names: Sequence[str]) -> Grid:
    rows = []
    for name in [*dict.fromkeys(names), "all"]:
        own = [record for record, of in zip(records, names, strict=True) if name in {of, "all"}]
        done = [record for record in own if record.state == "complete"]
        states = [sum(record.state == state for record in own) for state in ("complete", "failed", "declined")]
        ratios = sorted(record.seconds / max(record.cost, 1e-6) for record in done)
        ratio = f"{ratios[len(ratios) // 2]:.2f}" if ratios else "–"
        rows.append([name, *map(str, states), f"{hours(own):.3f}", ratio])
    return Grid(title, ["", "complete", "failed", "declined", "core hours", "seconds / estimate"], rows)


def taught() -> str:
    """List the learned portfolios that the installed plugins carry."""
    paths = {portfolio_path(family) for family in discover().families.values()} - {None}
    found = {path: read_portfolio(path) for path in sorted(path for path in paths if path)}
    shown = [_file(path, file) for path, file in found.items() if file is not None]
    return "\n\n".join(shown) or "No plugin carries a learned portfolio: families try what is written in their code."


def _file(path: Path, file: PortfolioFile) -> str:
    return "\n".join([str(path), *(f"  {name}: {value}" for name, value in file.made.items()), *_families(file)])


def _families(file: PortfolioFile) -> Iterable[str]:
    for family, kinds in file.families.items():
        for kind, sizes in kinds.items():
            for size, entries in sizes.items():
                yield f"  {family}, {kind}, {size}"
                yield from (f"    {place}. {dict(entry)}" for place, entry in enumerate(entries, 1))
