"""What the results say, table by table, as arrays that a simulation can afford to read a thousand times."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.metrics import resolve_metric
from automl.plugin import TaskKind
from benchmarks.portfolio.judge import Array, Judge
from benchmarks.portfolio.records import Record, Truth, read_predictions

MOST_ROWS = 2_000
"""Rows of each part that blends are chosen and judged on: a simulation asks for thousands of blends."""


@dataclass(frozen=True)
class Measurement:
    """A configuration on one table: core seconds for `fits` fits, its cross-validated error, and what judges read.

    `facts` and `test_facts` of its predictions are None where it failed; its seconds were spent all the same. `written`
    is its position among the entries of the family's code.
    """

    key: str
    family: str
    seconds: float
    fits: int
    error: float = math.inf
    facts: Array | None = None
    test_facts: Array | None = None
    written: int | None = None

    @property
    def complete(self) -> bool:
        """Whether it can be a member of an ensemble."""
        return self.facts is not None


@dataclass(frozen=True, eq=False)
class Part:
    """All measurements on one table, by key, as parts of a fit of one budget; judges know the rows of both parts."""

    judge: Judge
    test_judge: Judge
    measurements: Mapping[str, Measurement]

    @cached_property
    def complete(self) -> list[str]:
        """Keys of those that ended well."""
        return [key for key, one in self.measurements.items() if one.complete]

    @cached_property
    def test_errors(self) -> dict[str, float]:
        """The error on the rows of the test part that are judged, of each that ended well."""
        return {key: float(self.test_judge.errors(self.test_facts([key]))[0]) for key in self.complete}

    @cached_property
    def written(self) -> dict[str, list[str]]:
        """Keys of what each family's code brings for this table, in its order."""
        found: dict[str, dict[int, str]] = {}
        for one in self.measurements.values():
            if one.written is not None:
                found.setdefault(one.family, {}).setdefault(one.written, one.key)  # others are the same here
        return {family: [entries[place] for place in sorted(entries)] for family, entries in found.items()}

    @cached_property
    def families(self) -> dict[str, list[str]]:
        """Keys of everything that was measured, by family."""
        found: dict[str, list[str]] = {}
        for one in self.measurements.values():
            found.setdefault(one.family, []).append(one.key)
        return found

    def facts(self, keys: Sequence[str]) -> Array:
        """Stack what the judge of out-of-fold rows reads of some that ended well."""
        return np.stack([_known(self.measurements[key].facts) for key in keys])

    def test_facts(self, keys: Sequence[str]) -> Array:
        """Stack what the judge of the test part reads of some that ended well."""
        return np.stack([_known(self.measurements[key].test_facts) for key in keys])


@dataclass(frozen=True, eq=False)
class TableEvidence:
    """A table with its measurements by budget. Splits of one table by several seeds share their `group`."""

    name: str
    group: str
    kind: TaskKind
    rows: int
    parts: Mapping[float, Part]

    def at(self, seconds: float) -> Part:
        """Return what was measured for the budget that is the nearest to these seconds by ratio."""
        return self.parts[min(self.parts, key=lambda budget: (abs(math.log(budget / seconds)), budget))]


def gather(records: Iterable[Record], predictions: Path) -> list[TableEvidence]:
    """Read the predictions of all records; tables where nothing ended well are left out."""
    groups: dict[tuple[str, int], dict[float, list[Record]]] = {}
    for record in records:
        if record.state != "declined":
            groups.setdefault((record.table, record.seed), {}).setdefault(record.budget, []).append(record)
    tables = []
    for (table, seed), by_budget in groups.items():
        done = {b: own for b, own in by_budget.items() if any(record.state == "complete" for record in own)}
        if done:
            parts = {budget: _part(own, predictions) for budget, own in done.items()}
            first = next(iter(done.values()))[0]
            tables.append(TableEvidence(f"{table}:{seed}", table, TaskKind(first.kind), first.rows, parts))
    return tables


def _part(records: Sequence[Record], folder: Path) -> Part:
    first = next(record for record in records if record.state == "complete")
    truth = Truth.read((folder / first.predictions).parent)
    metric = resolve_metric(first.metric, TaskKind(first.kind))
    rows, test_rows = _rows(len(truth.y)), _rows(len(truth.test_y))
    judge = Judge(metric, truth.y[rows], truth.n_outputs)
    test_judge = Judge(metric, truth.test_y[test_rows], truth.n_outputs)
    read: dict[str, tuple[Array, Array]] = {}
    for record in records:
        if record.state == "complete" and record.predictions not in read:
            oof, test = read_predictions(folder / record.predictions, truth.n_outputs)
            read[record.predictions] = judge.facts(oof[rows]), test_judge.facts(test[test_rows])
    return Part(judge, test_judge, {r.key: _measurement(r, read.get(r.predictions)) for r in records})


def _measurement(record: Record, facts: tuple[Array, Array] | None) -> Measurement:
    about = record.key, record.family, record.seconds, record.fits
    if record.error is None or facts is None:
        return Measurement(*about, written=record.written)
    return Measurement(*about, record.error, *facts, written=record.written)


def _known(facts: Array | None) -> Array:
    assert facts is not None
    return facts


def _rows(n_rows: int) -> NDArray[Any]:
    if n_rows <= MOST_ROWS:
        return np.arange(n_rows)
    return np.sort(np.random.default_rng(0).choice(n_rows, MOST_ROWS, replace=False))


def hours(records: Iterable[Record]) -> float:
    """Return the core hours that measuring took; what was spared by another record counts once."""
    spent = {(r.table, r.seed, r.budget, r.family, str(sorted(r.params.items()))): r.seconds for r in records}
    return sum(spent.values()) / 3600
