"""A table of the suite as a fit would see it: its split, its folds, and the families that take it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from automl.data.dataset import Dataset
from automl.data.read import read_table
from automl.options import FitOptions
from automl.planning import Plan, make_plan
from automl.plugin import ModelFamily
from automl.plugin.registry import Registry
from automl.search.context import Context
from automl.search.events import Declined, Event
from automl.search.observer import Observer
from benchmarks.portfolio.records import Truth, table_folder
from benchmarks.splits import Entry, write_split


@dataclass(frozen=True)
class Rules:
    """How tables are read: the split of `seed`, at most `rows` to learn from and to be tested on, and the fit's
    time limit in seconds, by which folds and learning rates go."""

    seed: int
    budget: float
    rows: int


@dataclass(frozen=True)
class Table:
    """What trials need; `declined` says of families why they do not take part."""

    entry: Entry
    rules: Rules
    plan: Plan
    test: Dataset
    declined: Mapping[str, str]

    @property
    def folder(self) -> str:
        """The folder of its predictions, relative to that of all."""
        return table_folder(self.entry.name, self.rules.seed, self.rules.budget)

    @property
    def context(self) -> Context:
        """The context of the run that trials are a part of."""
        return self.plan.context

    @property
    def truth(self) -> Truth:
        """What predictions are about."""
        dataset, scored = self.context.dataset, self.context.plan.scored
        return Truth(dataset.y[scored], self.test.y, dataset.task.n_outputs)


def open_table(
    entry: Entry, rules: Rules, registry: Registry, families: Mapping[str, ModelFamily], folder: Path
) -> Table:
    """Read, split and prepare a table as `automl fit` does with a test file; `folder` is where models will be saved."""
    split = write_split(entry, rules.seed, folder)
    train, test = (_at_most(read_table(path), rules) for path in (split.train, split.test))
    options = FitOptions(
        target=entry.target, task=entry.task, metric=entry.metric, time_limit=rules.budget, test=test, seed=rules.seed
    )  # fmt: skip
    notes = _Declining()
    plan = make_plan(train, options, registry, families, folder, notes)
    assert plan.prepared.test is not None
    return Table(entry, rules, plan, plan.prepared.test, notes.reasons)


@dataclass
class _Declining(Observer):
    """Remembers which families take no part, and why."""

    reasons: dict[str, str] = field(default_factory=dict)

    def event(self, event: Event) -> None:
        if isinstance(event, Declined):
            self.reasons[event.family] = event.reason


def _at_most(frame: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    if len(frame) <= rules.rows:
        return frame
    rows = np.random.default_rng(rules.seed).choice(len(frame), rules.rows, replace=False)
    return frame.iloc[np.sort(rows)].reset_index(drop=True)
