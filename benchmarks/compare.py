"""What results say about systems: ranks, wins, normalised scores, Elo, and the difference that counts.

Everything is computed from `Standing`: a matrix of scores (n_tables, n_systems), larger better, NaN where a system has
none (it failed, which ranks last). A table's score is the mean over its seeds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata, studentized_range

from benchmarks.results import Record
from benchmarks.scoring import greater_is_better

ELO_SCALE = 400 / np.log(10)  # 400 points are odds of ten to one
ELO_MEAN = 1000.0
SIGNIFICANCE = 0.05


@dataclass(frozen=True)
class Standing:
    """Mean scores of systems on tables, larger better: (n_tables, n_systems) float64."""

    tables: tuple[str, ...]
    systems: tuple[str, ...]
    scores: NDArray[np.float64]

    @property
    def ranks(self) -> NDArray[np.float64]:
        """Ranks (n_tables, n_systems) from 1, ties shared; a system without a score comes last."""
        return rankdata(-np.where(np.isnan(self.scores), -np.inf, self.scores), axis=1)

    @property
    def normalised(self) -> NDArray[np.float64]:
        """Scores from 0 (the worst on the table, or none) to 1 (the best)."""
        low = np.nanmin(self.scores, axis=1, keepdims=True)
        span = np.nanmax(self.scores, axis=1, keepdims=True) - low
        shares = np.divide(self.scores - low, span, out=np.ones_like(self.scores), where=span > 0)
        return np.where(np.isnan(self.scores), 0.0, shares)

    def duel(self, first: str, second: str) -> tuple[int, int, int]:
        """Return on how many tables the first wins, ties and loses against the second."""
        ranks = self.ranks[:, [self.systems.index(first), self.systems.index(second)]]
        gap = ranks[:, 1] - ranks[:, 0]
        return int((gap > 0).sum()), int((gap == 0).sum()), int((gap < 0).sum())

    @property
    def elo(self) -> NDArray[np.float64]:
        """Elo of each system, mean 1000: the Bradley-Terry model over all duels on all tables.

        Fitted by the fixed-point iteration of Hunter (2004, doi:10.1214/aos/1079120141) with one draw added to every
        pair, so that a system which always wins has a finite rating.
        """
        size = len(self.systems)
        if size < 2:
            return np.full(size, ELO_MEAN)
        wins = np.full((size, size), 0.5)
        np.fill_diagonal(wins, 0.0)
        for ranks in self.ranks:
            wins += (ranks[:, None] < ranks[None, :]) + 0.5 * (ranks[:, None] == ranks[None, :])
        np.fill_diagonal(wins, 0.0)
        games = wins + wins.T
        strength = np.ones(size)
        for _ in range(1000):
            strength = wins.sum(axis=1) / (games / (strength[:, None] + strength[None, :])).sum(axis=1)
            strength /= np.exp(np.log(strength).mean())
        ratings: NDArray[np.float64] = ELO_MEAN + ELO_SCALE * np.log(strength)
        return ratings

    @property
    def critical_difference(self) -> float:
        """The gap of two mean ranks that is significant at 5% by the Nemenyi test (Demšar 2006)."""
        size = len(self.systems)
        q = studentized_range.ppf(1 - SIGNIFICANCE, size, np.inf) / np.sqrt(2)
        return float(q * np.sqrt(size * (size + 1) / (6 * len(self.tables))))


def standing(records: Iterable[Record], systems: Sequence[str] | None = None) -> Standing:
    """Arrange results; tables and, unless given, systems in the order of their first appearance."""
    every = list(records)
    columns = tuple(systems or dict.fromkeys(record.system for record in every))
    metrics = {record.table: record.metric for record in every}
    scores = np.full((len(metrics), len(columns)), np.nan)
    for row, (table, metric) in enumerate(metrics.items()):
        sign = 1.0 if greater_is_better(metric) else -1.0
        for column, system in enumerate(columns):
            of_cell = [r for r in every if r.table == table and r.system == system]
            values = [r.score for r in of_cell if r.score is not None]
            if values and len(values) == len(of_cell):  # a seed that failed is a failure of the table
                scores[row, column] = sign * fmean(values)
    return Standing(tuple(metrics), columns, scores)
