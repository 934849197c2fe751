"""What a variant loses against the full engine: paired by table and seed, with an interval over tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from benchmarks.results import Record
from benchmarks.scoring import greater_is_better

DRAWS = 10_000
CONFIDENCE = 0.95
_SAME = 1e-12  # relative; below, two scores are one


@dataclass(frozen=True)
class Loss:
    """Relative losses of one variant, a number for each table in (-1, 1]: above 0 it is worse than the full engine."""

    by_table: dict[str, float]

    @property
    def mean(self) -> float:
        """The mean over tables, NaN without any."""
        return fmean(self.by_table.values()) if self.by_table else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """A 95% percentile bootstrap interval of the mean: tables are drawn again, with replacement."""
        if not self.by_table:
            return float("nan"), float("nan")
        values = np.array(list(self.by_table.values()))
        drawn = np.random.default_rng(0).integers(len(values), size=(DRAWS, len(values)))
        tail = (1 - CONFIDENCE) / 2
        low, high = np.quantile(values[drawn].mean(axis=1), [tail, 1 - tail])
        return float(low), float(high)

    @property
    def counts(self) -> tuple[int, int, int]:
        """On how many tables the variant is worse, the same, and better."""
        values = list(self.by_table.values())
        worse, better = sum(v > _SAME for v in values), sum(v < -_SAME for v in values)
        return worse, len(values) - worse - better, better


def loss_of(variant: str, full: str, records: Iterable[Record]) -> Loss:
    """Compare a variant with the full engine on what both ran: a table's loss is the mean over their common seeds."""
    every = list(records)
    theirs = {(r.table, r.seed): r for r in every if r.system == full and r.score is not None}
    pairs: dict[str, list[float]] = {}
    for own in every:
        other = theirs.get((own.table, own.seed))
        if own.system == variant and other is not None:
            pairs.setdefault(own.table, []).append(relative_loss(own, other))
    return Loss({table: fmean(values) for table, values in pairs.items()})


def relative_loss(own: Record, full: Record) -> float:
    """Return (error - full's error) / the larger of them; a failure counts as 1, all that can be lost.

    The error is the score where less is better and 1 - score where more is. Dividing by the larger one, as TabArena's
    improvability does, keeps a table whose errors are almost 0 from outweighing all others.
    """
    if own.score is None:
        return 1.0
    one, other = _error(own), _error(full)
    largest = max(abs(one), abs(other))
    return (one - other) / largest if largest > 0 else 0.0


def _error(record: Record) -> float:
    assert record.score is not None
    return 1.0 - record.score if greater_is_better(record.metric) else record.score
