"""Leaving out a table's columns that say nothing before anything is made of them, where most say nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from automl.data.schema import Role
from automl.data.table import Table
from automl.features.derived import Derivation, Made
from automl.features.gain import Trees, boosted_gain
from automl.features.information import bin_columns, bin_target, information_of
from automl.features.target import Target
from automl.storage import storable

FEWEST_COLUMNS = 40
"""With fewer, what noise there is costs little, and little is gained by looking for it."""
_MOST_USEFUL = 0.5  # share of columns above which a table is left as it is
_REPEATS = 2
_TREES = Trees(rounds=60, leaves=8, fraction=0.3, bins=31)
_CHANCE = 0.005  # of information as large by chance: noise passes so often
_MOST_TOGETHER = 1000  # columns that trees look at; of more, those that tell most by themselves
_FEWEST_ROWS, _MOST_ROWS = 50, 5_000
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


def useful_columns(table: Table, target: Target, seed: int) -> NDArray[np.bool_]:
    """Say which numbers, then which categories, are better than chance on training rows, (n_columns,) bool.

    A column passes by itself, by its mutual information with the target, or among the others, by its gain in small
    boosted trees, if that is above the gain of every shuffled copy of a column.
    """
    n_numbers = table.numeric.shape[1]
    n_columns = n_numbers + table.categorical.shape[1]
    rng = np.random.default_rng(seed)
    most = max(2000, min(_MOST_ROWS, _MOST_CELLS // max(1, n_columns)))
    rows = np.arange(table.n_rows)
    if len(rows) > most:
        rows = np.sort(rng.choice(len(rows), most, replace=False))
    matrix = np.empty((len(rows), n_columns), dtype=np.float32)
    matrix[:, :n_numbers] = table.numeric[rows]
    matrix[:, n_numbers:] = np.maximum(table.categorical[rows] + 1, 0)
    cardinalities = np.array([0] * n_numbers + [n + 1 for n in table.levels], dtype=np.int64)
    part = target.take(rows)
    _, chance = information_of(bin_columns(matrix, cardinalities), bin_target(part))
    together = np.sort(np.argsort(chance, kind="stable")[:_MOST_TOGETHER])
    stands_out = np.zeros(n_columns, dtype=bool)
    stands_out[together] = _stand_out(matrix[:, together], cardinalities[together], part, rng)
    return (chance < _CHANCE) | stands_out


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


def useful_few(table: Table, target: Target, seed: int) -> NDArray[np.bool_] | None:
    """Say which columns are better than chance, (n_columns,) bool, where most are not; None where most are."""
    n_columns = table.numeric.shape[1] + table.categorical.shape[1]
    if n_columns < FEWEST_COLUMNS or table.n_rows < _FEWEST_ROWS:
        return None
    useful = useful_columns(table, target, seed)
    return useful if useful.mean() < _MOST_USEFUL else None


def screen(table: Table, useful: NDArray[np.bool_]) -> Screened:
    """Keep the useful columns (n_columns,) bool; the first one where none is."""
    useful = useful.copy()
    if len(useful) and not useful.any() and not table.raw and not table.datetime.shape[1]:
        useful[0] = True
    n_numbers = table.numeric.shape[1]
    return Screened(np.flatnonzero(useful[:n_numbers]), np.flatnonzero(useful[n_numbers:]))
