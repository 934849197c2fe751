"""Leaving out a table's columns that say nothing before anything is made of them, where most say nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from automl.data.sampling import sample_rows
from automl.data.schema import Role
from automl.data.table import Table
from automl.features.derived import Derivation, Made
from automl.features.gain import Trees, boosted_gain
from automl.features.information import bin_columns, bin_target, information_of
from automl.features.shuffling import SmallTrees, loss_growth, losses
from automl.features.target import Target
from automl.storage import storable

_REPEATS = 2
_TREES = Trees(rounds=60, leaves=8, fraction=0.3, bins=31)
_CHANCE = 0.02  # of information as large by chance: noise passes so often
_DOUBT = 0.05  # of any noise column passing all the same: information less likely by chance than that needs no proof
_JUDGES = Trees(rounds=60, leaves=8, bins=31)
_FOLDS, _SHUFFLES, _DEALS = 4, 3, 2
_BARS = (-np.inf, 0.5, 1.0, 1.5, 2.0, 3.0)  # standard errors by which the loss has to grow
_MOST_TOGETHER = 1000  # columns that trees look at; of more, those that tell most by themselves
_MOST_ROWS = 5_000
_MOST_CELLS = 4_000_000


@storable("screened")
@dataclass(frozen=True, eq=False)
class Screened(Derivation):
    """Positions (n_kept,) int64 of the numeric and the categorical columns that stay."""

    numeric: NDArray[np.int64]
    categorical: NDArray[np.int64]
    made: tuple[Made, ...] = ()

    def extend(self, table: Table) -> Table:
        """Return the table without the other columns; composed categories that go, go as raw cells too."""
        names = dict(table.names)
        numbers, categories = names.get(Role.NUMERIC, ()), names.get(Role.CATEGORICAL, ())
        names[Role.NUMERIC] = tuple(numbers[i] for i in self.numeric)
        names[Role.CATEGORICAL] = tuple(categories[i] for i in self.categorical)
        gone = set(categories) - set(names[Role.CATEGORICAL])
        return replace(
            table,
            numeric=np.take(table.numeric, self.numeric, axis=1),
            categorical=np.take(table.categorical, self.categorical, axis=1),
            levels=tuple(table.levels[i] for i in self.categorical),
            names=names,
            raw={name: cells for name, cells in table.raw.items() if name not in gone},
        )


@dataclass(frozen=True)
class Judged:
    """Of the numbers, then the categories: which pass, and which of those stay, (n_columns,) bool."""

    passing: NDArray[np.bool_]
    proven: NDArray[np.bool_]


def judge_columns(table: Table, target: Target, seed: int) -> Judged:
    """Tell columns from noise on training rows.

    A column passes by itself, by its mutual information with the target, or among the others, by its gain in small
    boosted trees, if that is above the gain of every shuffled copy of a column. Of those that pass, one stays whose
    information is beyond doubt, or without which trees do worse, by a bar, on rows that they were not fitted on; the
    bar is the one that trees predict best by.
    """
    n_numbers = table.numeric.shape[1]
    n_columns = n_numbers + table.categorical.shape[1]
    rng = np.random.default_rng(seed)
    rows = sample_rows(table.n_rows, max(2000, min(_MOST_ROWS, _MOST_CELLS // max(1, n_columns))), seed)
    matrix = np.empty((len(rows), n_columns), dtype=np.float32)
    matrix[:, :n_numbers] = table.numeric[rows]
    matrix[:, n_numbers:] = np.maximum(table.categorical[rows] + 1, 0)
    cardinalities = np.array([0] * n_numbers + [n + 1 for n in table.levels], dtype=np.int64)
    part = target.take(rows)
    _, chance = information_of(bin_columns(matrix, cardinalities), bin_target(part))
    together = np.sort(np.argsort(chance, kind="stable")[:_MOST_TOGETHER])
    passing = chance < _CHANCE
    passing[together] |= _stand_out(matrix[:, together], cardinalities[together], part, rng)
    ahead = np.flatnonzero(passing)
    proven = np.zeros(n_columns, dtype=bool)
    if len(ahead):
        sure = chance[ahead] < _DOUBT / n_columns
        proven[ahead] = _best_of(matrix[:, ahead], cardinalities[ahead], part, sure, rng)
    return Judged(passing, proven)


def _stand_out(
    matrix: NDArray[np.float32], cardinalities: NDArray[np.int64], target: Target, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Whether a column has more gain than every probe, (n_columns,) bool."""
    n_columns = matrix.shape[1]
    n_probes = max(20, min(60, n_columns // 4))
    gain, bar = np.zeros(n_columns), 0.0
    for _ in range(_REPEATS):
        picked = rng.choice(n_columns, n_probes, replace=n_probes > n_columns)
        probes = rng.permuted(matrix[:, picked], axis=0)
        both = np.concatenate([matrix, probes], axis=1)
        codes = np.concatenate([cardinalities, cardinalities[picked]])
        found = boosted_gain(both, codes, target, int(rng.integers(2**31)), _TREES, 1)
        found /= max(found.sum(), np.finfo(np.float64).tiny)
        gain += found[:n_columns]
        bar += float(found[n_columns:].max())
    return gain > bar


def _best_of(
    matrix: NDArray[np.float32],
    cardinalities: NDArray[np.int64],
    target: Target,
    sure: NDArray[np.bool_],
    rng: np.random.Generator,
) -> NDArray[np.bool_]:
    """Choose the columns that trees predict best from, (n_columns,) bool: those that are `sure` or clear some bar.

    Columns that say little fail high bars, and noise clears low ones: which costs more differs between tables.
    """
    errors = _errors(matrix, cardinalities, target, rng)
    choices = dict.fromkeys(tuple(np.flatnonzero(sure | (errors > bar))) for bar in _BARS)
    seed = int(rng.integers(2**31))
    best = min(filter(len, choices), key=lambda kept: _loss(matrix[:, kept], cardinalities[list(kept)], target, seed))
    return np.isin(np.arange(len(sure)), best)


def _errors(
    matrix: NDArray[np.float32], cardinalities: NDArray[np.int64], target: Target, rng: np.random.Generator
) -> NDArray[np.float64]:
    """By how many standard errors the loss on held-out rows grows as a column is shuffled, (n_columns,) float64."""
    growth = np.zeros(matrix.shape)
    for trees, held in _fitted(matrix, cardinalities, target, rng):
        _, judged = loss_growth(trees, matrix[held], target.take(held), trees.used, rng, _SHUFFLES)
        growth[np.ix_(held, trees.used)] = judged
    spread = growth.std(axis=0) / np.sqrt(len(matrix))
    return np.asarray(growth.mean(axis=0) / np.maximum(spread, np.finfo(np.float64).tiny))


def _loss(matrix: NDArray[np.float32], cardinalities: NDArray[np.int64], target: Target, seed: int) -> float:
    """Return the loss on held-out rows."""
    rng = np.random.default_rng(seed)  # the same folds for every choice
    return sum(
        float(losses(target.take(held), trees(matrix[held])).sum())
        for _ in range(_DEALS)
        for trees, held in _fitted(matrix, cardinalities, target, rng)
    )


def _fitted(
    matrix: NDArray[np.float32], cardinalities: NDArray[np.int64], target: Target, rng: np.random.Generator
) -> Iterator[tuple[SmallTrees, NDArray[np.int64]]]:
    """Yield trees, and the rows that they were not fitted on, for each fold."""
    fold_of = rng.permutation(len(matrix)) % _FOLDS
    for fold in range(_FOLDS):
        others = np.flatnonzero(fold_of != fold)
        seed = int(rng.integers(2**31))
        yield (
            SmallTrees(matrix[others], cardinalities, target.take(others), seed, _JUDGES),
            np.flatnonzero(fold_of == fold),
        )


def screen(table: Table, useful: NDArray[np.bool_]) -> Screened:
    """Keep the useful columns (n_columns,) bool; the first one where none is."""
    useful = useful.copy()
    if len(useful) and not useful.any() and not table.raw and not table.datetime.shape[1]:
        useful[0] = True
    n_numbers = table.numeric.shape[1]
    return Screened(np.flatnonzero(useful[:n_numbers]), np.flatnonzero(useful[n_numbers:]))
