"""Learn portfolios from what was measured, and judge them on tables that they were not learned from.

    python -m benchmarks portfolio learn portfolio.jsonl --suite data/suite.json --page benchmarks/results/portfolio.md

With `--write`, what holds goes into the plugins' `portfolio.json`, and families try it from then on.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from automl.plugin.portfolio_file import Size
from automl.plugin.registry import discover
from benchmarks.portfolio.evidence import gather
from benchmarks.portfolio.files import made, portfolio_files, write_file
from benchmarks.portfolio.greedy import MOST, Learner, Options
from benchmarks.portfolio.judging import lessons
from benchmarks.portfolio.page import page
from benchmarks.portfolio.records import load, predictions_folder
from benchmarks.run import names

LIMITS = [30.0, 60.0, 300.0]
BOUND = 2_500  # rows that part small tables from large ones


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, learn, and write the page and, where asked, the plugins' files."""
    options = parser().parse_args(arguments)
    records = [record for record in load(options.results) if not options.only or record.table in options.only]
    tables = gather(records, predictions_folder(options.results))
    if not tables:
        raise SystemExit(f"{options.results}: no trial has ended well there; run `portfolio evaluate` first")
    sizes = (Size("small", options.bound), Size("large", None))
    learned = list(lessons(tables, sizes, Learner(Options(options.limits, options.most))))
    about = made(options.suite, records, options.limits)
    text = page(learned, records, about)
    print(text)
    if options.page:
        options.page.write_text(text, encoding="utf-8")
    files = portfolio_files(learned, sizes, records, discover().families, about)
    for path, file in files.items():
        if options.write:
            write_file(path, file)
        print(f"{'written' if options.write else 'would be written, with --write'}: {path}")
    if not files:
        print("No lesson holds: the plugins go on with what is written in their code.")


def seconds(text: str) -> list[float]:
    """Read a comma-separated list of numbers."""
    return [float(word) for word in names(text)]


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    made = argparse.ArgumentParser(prog="python -m benchmarks portfolio learn", description="Learn portfolios.")
    made.add_argument("results", type=Path, help="what `portfolio evaluate` wrote")
    made.add_argument("--suite", default="", help="what the tables are called in the files' provenance")
    made.add_argument("--only", type=names, help="these tables only, comma-separated")
    made.add_argument("--limits", type=seconds, default=LIMITS, help="time limits that count, in seconds (30,60,300)")
    made.add_argument("--bound", type=int, default=BOUND, help="rows from which a table is large (2500)")
    made.add_argument("--most", type=int, default=MOST, help=f"entries of a family ({MOST})")
    made.add_argument("--page", type=Path, help="the Markdown page to write")
    made.add_argument("--write", action="store_true", help="write the plugins' files")
    return made
