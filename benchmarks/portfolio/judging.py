"""Whether what was learned holds on tables that it was not learned from."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from automl.plugin import TaskKind
from automl.plugin.portfolio_file import Size, size_of
from benchmarks.portfolio.evidence import Part, TableEvidence
from benchmarks.portfolio.greedy import Learner, Weighted
from benchmarks.portfolio.simulate import Budget, Portfolio, ensemble_error, search

BORROWED = 0.3  # what a table of the same kind and another size counts
DRAWS = 5  # random portfolios for a table
FEWEST = 3  # tables of a class, with fewer of which nothing is learned for it


@dataclass(frozen=True)
class Outcome:
    """Regrets on one table at one time limit in seconds, which nothing was learned from."""

    table: str
    limit: float
    learned: float
    written: float
    random: float


@dataclass(frozen=True)
class Lesson:
    """What was learned for tables of a kind and size, from so many `tables`, and how that did on tables left out."""

    kind: TaskKind
    size: str
    tables: tuple[str, ...]
    portfolio: Portfolio
    outcomes: tuple[Outcome, ...]

    @property
    def holds(self) -> bool:
        """Whether it beats what is written, on average and on most of enough tables."""
        if len({one.table for one in self.outcomes}) < FEWEST:
            return False
        gains = {t: fmean(o.written - o.learned for o in self.outcomes if o.table == t) for t in self.tables}
        return fmean(gains.values()) > 0 and sum(gain > 0 for gain in gains.values()) > len(gains) / 2

    def mean(self, which: str, limit: float | None = None) -> float:
        """Return the mean regret of `learned`, `written` or `random`, at one limit or at all."""
        chosen = [one for one in self.outcomes if limit in {None, one.limit}]
        return fmean(getattr(one, which) for one in chosen) if chosen else float("nan")


def lessons(tables: Sequence[TableEvidence], sizes: Sequence[Size], learner: Learner) -> Iterator[Lesson]:
    """Learn for each kind and size that there are tables of, and judge it on each of them, leaving it out."""
    for kind in TaskKind:
        of_kind = [table for table in tables if table.kind is kind]
        for size in sizes:
            own = [table for table in of_kind if size_of(sizes, table.rows) == size.name]
            if own:
                outcomes = [one for table in own for one in _left_out(table, of_kind, own, learner)]
                names = tuple(dict.fromkeys(table.group for table in own))
                yield Lesson(kind, size.name, names, learner.learn(_weighted(of_kind, own)), tuple(outcomes))


def _left_out(
    table: TableEvidence, of_kind: Sequence[TableEvidence], own: Sequence[TableEvidence], learner: Learner
) -> Iterator[Outcome]:
    others = [other for other in of_kind if other.group != table.group]
    if not others:
        return
    learned = learner.learn(_weighted(others, own))
    for limit in learner.options.limits:
        part = table.at(limit)
        draws = [_regret(learner, part, limit, _random(part, table.name, draw)) for draw in range(DRAWS)]
        yield Outcome(
            table.group,
            limit,
            learned=_regret(learner, part, limit, learned),
            written=_regret(learner, part, limit, part.written),
            random=fmean(draws),
        )


def _regret(learner: Learner, part: Part, limit: float, portfolio: Portfolio) -> float:
    return float(learner.scale(part).regret(ensemble_error(part, search(part, portfolio, Budget(limit)))))


def _weighted(tables: Sequence[TableEvidence], own: Sequence[TableEvidence]) -> list[Weighted]:
    return [Weighted(table, 1.0 if table in own else BORROWED) for table in tables]


def _random(part: Part, name: str, draw: int) -> dict[str, list[str]]:
    """Draw for each family as many configurations as its code brings, from all that were measured here."""
    rng = np.random.default_rng([zlib.crc32(name.encode()), draw])
    portfolio = {}
    for family, keys in part.written.items():
        every = sorted(part.families[family])
        portfolio[family] = [str(key) for key in rng.permutation(every)[: len(keys)]]
    return portfolio
