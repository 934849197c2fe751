"""What was learned and how it did, as a page."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from automl.plugin import Params
from benchmarks.grid import Grid
from benchmarks.portfolio.judging import BORROWED, DRAWS, FEWEST, Lesson
from benchmarks.portfolio.records import Record

WHICH = ("learned", "written", "random")
_HEAD = """# Learned portfolios

Made by `python -m benchmarks portfolio learn` from {trials:,} trials on {n_tables} tables
({tables}), {core_hours:.1f} core hours.
Seeds {seeds}, at most {rows:,} rows, folds and learning rates of fits of {budgets} s, engine {engine}, {date}.

Regret is the test error of the ensemble that a simulated search on two cores ends with, from 0 (the best that is known:
the ensemble of everything that was measured, or a single configuration) to 1 (the median configuration, or worse). Each
table was left out of what its portfolio was learned from; tables of its kind and another size counted {borrowed:g}.
`written` is the order in the code of the families, `random` the mean of {draws} draws of as many configurations. The
simulated search rests when it has tried its portfolio, where the engine would go on by itself. A lesson holds where it
beats what is written on average and on most of at least {fewest} tables; only lessons that hold go into plugins.
"""


def page(lessons: Sequence[Lesson], records: Sequence[Record], about: Mapping[str, Any]) -> str:
    """Write it in Markdown."""
    facts = {name: ", ".join(map(str, v)) if isinstance(v, list) else v for name, v in about.items()}
    head = _HEAD.format(
        **facts, n_tables=len(about["tables"]), borrowed=BORROWED, draws=DRAWS, fewest=FEWEST
    )  # fmt: skip
    limits = sorted({one.limit for lesson in lessons for one in lesson.outcomes})
    params = {record.key: record.config for record in records}
    grids = [_summary(lessons, limits), *(_tables(lesson, limits) for lesson in lessons if lesson.outcomes)]
    lists = [_entries(lesson, params) for lesson in lessons]
    return "\n".join([head, *(grid.markdown() for grid in grids), *lists])


def _summary(lessons: Sequence[Lesson], limits: Sequence[float]) -> Grid:
    head = ["kind", "size", "tables", *(f"{which} {limit:g} s" for limit in limits for which in WHICH), "verdict"]
    rows, best = [], set[tuple[int, int]]()
    for row, lesson in enumerate(lessons):
        means = [lesson.mean(which, limit) for limit in limits for which in WHICH]
        if lesson.outcomes:
            best |= {(row, 3 + start + _least(means[start : start + 3])) for start in range(0, len(means), 3)}
        verdict = "holds" if lesson.holds else "stays as written"
        shown = ["–" if math.isnan(mean) else f"{mean:.3f}" for mean in means]
        rows.append([lesson.kind.value, lesson.size, str(len(lesson.tables)), *shown, verdict])
    return Grid("Mean regret on tables left out", head, rows, frozenset(best))


def _tables(lesson: Lesson, limits: Sequence[float]) -> Grid:
    rows, best = [], set[tuple[int, int]]()
    for row, table in enumerate(lesson.tables):
        cells = [table]
        for place, limit in enumerate(limits):
            own = [one for one in lesson.outcomes if one.table == table and one.limit == limit]
            means = [sum(getattr(one, which) for one in own) / len(own) for which in WHICH] if own else []
            cells += [f"{mean:.3f}" for mean in means] or ["–"] * len(WHICH)
            best |= {(row, 1 + 3 * place + _least(means))} if means else set()
        rows.append(cells)
    head = ["table", *(f"{which} {limit:g} s" for limit in limits for which in WHICH)]
    return Grid(f"{lesson.kind.value}, {lesson.size}", head, rows, frozenset(best))


def _least(means: Sequence[float]) -> int:
    return min(range(len(means)), key=means.__getitem__)


def _entries(lesson: Lesson, params: Mapping[str, Params]) -> str:
    """List what was learned, family by family."""
    lines = [f"## Entries: {lesson.kind.value}, {lesson.size}", ""]
    for family, keys in sorted(lesson.portfolio.items()):
        lines.append(f"- {family}")
        lines += [f"  {place}. `{json.dumps(dict(params[key]))}`" for place, key in enumerate(keys, 1)]
    return "\n".join(lines) + "\n"
