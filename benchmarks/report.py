"""The results as a Markdown table: a row for each table, a column of scores for each system."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean

from benchmarks.results import Record
from benchmarks.scoring import greater_is_better

OURS = "automl"


def render(records: Iterable[Record]) -> str:
    """Write the table and, below it, wins and the worst overrun. Scores are means over seeds."""
    every = list(records)
    systems = sorted({record.system for record in every}, key=lambda name: (name != OURS, name))
    others = [name for name in systems if name != OURS]
    head = ["table", "metric", *systems, "better?", "seconds", "overrun %", "members"]
    rows, wins, compared = [], 0, 0
    for table in dict.fromkeys(record.table for record in every):
        of_table = [record for record in every if record.table == table]
        metric = of_table[0].metric
        scores = {name: _mean(record.score for record in of_table if record.system == name) for name in systems}
        verdict = _verdict(scores.get(OURS), [scores[name] for name in others], metric)
        wins, compared = wins + (verdict == "yes"), compared + (verdict in {"yes", "no"})
        ours = [record for record in of_table if record.system == OURS]
        rows.append(
            [table, metric, *(_number(scores[name]) for name in systems), verdict,
             _number(_mean(record.seconds for record in ours), 1),
             _number(_worst(ours), 1), _number(_mean(record.members for record in ours), 0)]
        )  # fmt: skip
    lines = [_line(head), _line(["---"] * len(head)), *map(_line, rows), ""]
    if others and OURS in systems:
        lines.append(f"{OURS} is better than {' and '.join(others)} on {wins} of {compared} tables.")
    lines += [f"Worst overrun of {name}: {_overrun_text(every, name)}." for name in systems if _limited(every, name)]
    failures = [f"- {r.table}, {r.system}, seed {r.seed}: {_first_line(r.error)}" for r in every if r.error]
    if failures:
        lines += ["", "Failed:", *failures]
    return "\n".join(lines) + "\n"


def better(metric: str, a: float, b: float) -> bool:
    """Whether score a beats score b."""
    return a > b if greater_is_better(metric) else a < b


def _verdict(ours: float | None, others: Sequence[float | None], metric: str) -> str:
    rivals = [score for score in others if score is not None]
    if ours is None or not rivals:
        return "–"
    if all(better(metric, ours, rival) for rival in rivals):
        return "yes"
    return "no"


def _limited(records: Iterable[Record], system: str) -> list[Record]:
    return [record for record in records if record.system == system and record.overrun is not None]


def _overrun_text(records: Iterable[Record], system: str) -> str:
    worst = max(_limited(records, system), key=lambda record: record.overrun or 0.0)
    if not worst.overrun:
        return "none"
    return f"{worst.overrun:.1f}% ({worst.table}, {worst.seconds:.1f} s of {worst.limit:g} s)"


def _worst(records: Iterable[Record]) -> float | None:
    return max((record.overrun for record in records if record.overrun is not None), default=None)


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _number(value: float | None, digits: int | None = None) -> str:
    if value is None:
        return "–"
    if digits is not None:
        return f"{value:.{digits}f}"
    return f"{value:.4f}" if abs(value) < 100 else f"{value:.0f}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _first_line(text: str) -> str:
    # The last line of a traceback says what went wrong.
    return text.strip().splitlines()[-1][:200] if text.strip() else ""
