"""Numbers beside what they usually are among rows of the same category."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.data.schema import Role
from automl.data.table import Table
from automl.features.blocks import blocks_of
from automl.features.derived import Derivation, Made, with_numbers
from automl.features.levels import LevelIndex
from automl.storage import storable

MOST_CATEGORIES = 3
MOST_NUMBERS = 4
_PRIOR_ROWS = 5.0  # rows' worth of the overall mean in every group's


@storable("group_statistics")
@dataclass(frozen=True, eq=False)
class GroupStatistics(Derivation):
    """Means of the numeric columns `numbers` (n_pairs,) int64 over groups of the indexed categories.

    `index` has a column for each pair; `means` (n_slots,) float64.
    """

    index: LevelIndex
    numbers: NDArray[np.int64]
    means: NDArray[np.float64]
    made: tuple[Made, ...]

    def extend(self, table: Table) -> Table:
        """Add, for each pair, the group's mean and how far the row is from it."""
        return with_numbers(table, self.made, self._statistics)

    def _statistics(self, table: Table) -> NDArray[np.float64]:
        means = self.means[self.index.slots(table.categorical)]
        return np.concatenate([means, table.numeric[:, self.numbers] - means], axis=1)


def fit_groups(
    table: Table, by_category: NDArray[np.float64], by_number: NDArray[np.float64], most: int
) -> tuple[GroupStatistics, Table] | None:
    """Pair the strongest categories with the strongest numbers, at most `most` pairs, on training rows.

    Strengths are (n_categorical,) and (n_numeric,) float64, of the first columns of the table.
    """
    levels = np.asarray(table.levels[: len(by_category)], dtype=np.int64)
    categories = _strongest(np.where(levels > 1, by_category, 0.0), MOST_CATEGORIES)
    numbers = _strongest(by_number, MOST_NUMBERS)
    worth = by_category[categories][:, None] * by_number[numbers]
    best = np.argsort(-worth.ravel(), kind="stable")[:most]
    if not len(best):
        return None
    rows, columns = np.unravel_index(best, worth.shape)
    chosen, of_numbers = categories[rows], numbers[columns]
    index = LevelIndex(chosen, levels[chosen])
    count, total = np.zeros(index.size), np.zeros(index.size)
    n_present, sums = np.zeros(len(of_numbers)), np.zeros(len(of_numbers))
    for block in blocks_of(table.n_rows):
        part = table.part(block)
        values = part.numeric[:, of_numbers]
        finite = np.isfinite(values)
        filled = np.where(finite, values, 0.0)
        slots = index.slots(part.categorical).ravel()
        count += np.bincount(slots, weights=finite.ravel(), minlength=index.size)
        total += np.bincount(slots, weights=filled.ravel(), minlength=index.size)
        n_present += finite.sum(axis=0)
        sums += filled.sum(axis=0)
    prior = np.repeat(sums / np.maximum(n_present, 1), index.levels + 2)
    means = (total + _PRIOR_ROWS * prior) / (count + _PRIOR_ROWS)
    pairs = [
        (table.names[Role.NUMERIC][n], table.names[Role.CATEGORICAL][c])
        for n, c in zip(of_numbers, chosen, strict=True)
    ]
    made = tuple(Made(f"mean {n} by {c}", (n, c)) for n, c in pairs)
    made += tuple(Made(f"{n} minus mean by {c}", (n, c)) for n, c in pairs)
    fitted = GroupStatistics(index, of_numbers, means, made)
    return fitted, fitted.extend(table)


def _strongest(strength: NDArray[np.float64], most: int) -> NDArray[np.int64]:
    order = np.argsort(-strength, kind="stable")[:most]
    return order[strength[order] > 0].astype(np.int64)
