"""Pairs of categorical columns as one column each."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from automl.data.schema import Role
from automl.data.table import UNSEEN, Table
from automl.features.derived import Derivation, Made, widen
from automl.features.levels import LevelIndex, known_levels
from automl.features.target import Target
from automl.features.target_means import fit_target_means
from automl.storage import storable

MOST_CROSSED = 6
"""Pairs are looked for among this many of the strongest columns."""
FEWEST_ROWS = 3
"""Training rows that a pair of levels needs, to be a level of its own."""


@storable("crosses")
@dataclass(frozen=True, eq=False)
class Crosses(Derivation):
    """`pairs` (n_pairs, 2) int64 are positions of categorical columns, `levels` (n_pairs, 2) int64 their levels.

    `known` (n_known,) int64 are the combinations that training made known, ascending within each pair, one pair after
    the other; `made` says how many each has.
    """

    pairs: NDArray[np.int64]
    levels: NDArray[np.int64]
    known: NDArray[np.int64]
    made: tuple[Made, ...]

    def extend(self, table: Table) -> Table:
        """Add a category a pair."""
        combined = _combine(table.categorical, self.pairs, self.levels)
        codes = np.full(combined.shape, UNSEEN, dtype=np.int32)
        start = 0
        for i, column in enumerate(self.made):
            known = self.known[start : start + column.levels]
            at = np.minimum(np.searchsorted(known, combined[:, i]), column.levels - 1)
            codes[:, i] = np.where(known[at] == combined[:, i], at, UNSEEN)
            start += column.levels
        return widen(table, self.made, codes=codes)


def fit_crosses(
    table: Table, target: Target, strength: NDArray[np.float64], most: int, seed: int
) -> tuple[Crosses, Table] | None:
    """Cross the pairs that tell most about the target beyond their two columns, at most `most`, on training rows.

    `strength` (n_categorical,) float64 says which columns to look at. A pair is judged by how much of the target's
    variance its out-of-fold means explain above the better of its columns, so that many levels are no merit.
    """
    levels = np.asarray(table.levels, dtype=np.int64)
    varied = np.flatnonzero((levels > 1) & (strength > 0))
    columns = np.sort(varied[np.argsort(-strength[varied], kind="stable")][:MOST_CROSSED])
    if len(columns) < 2 or not len(target.outputs()[1]):
        return None
    pairs = np.array(list(combinations(columns, 2)), dtype=np.int64)
    crossed = _known(table, pairs)
    if crossed is None:
        return None
    alone = dict(zip(columns, _explained(table.categorical[:, columns], levels[columns], target, seed), strict=True))
    codes = crossed.extend(table).categorical[:, len(levels) :]
    together = _explained(codes, np.array([m.levels for m in crossed.made]), target, seed)
    gain = together - [max(alone[a], alone[b]) for a, b in crossed.pairs]
    best = np.argsort(-gain, kind="stable")[:most]
    best = np.sort(best[gain[best] > 0])
    if not len(best):
        return None
    chosen = _known(table, crossed.pairs[best])
    assert chosen is not None
    return chosen, chosen.extend(table)


def _known(table: Table, pairs: NDArray[np.int64]) -> Crosses | None:
    """Find the combinations with enough rows; pairs that have none are left out."""
    levels = np.asarray(table.levels, dtype=np.int64)[pairs]
    combined = _combine(table.categorical, pairs, levels)
    names = table.names[Role.CATEGORICAL]
    kept, known, made = [], [], []
    for i, (left, right) in enumerate(pairs):
        values, counts = np.unique(combined[:, i], return_counts=True)
        values = values[counts >= FEWEST_ROWS]
        if len(values):
            kept.append(i)
            known.append(values)
            made.append(Made(f"{names[left]} × {names[right]}", (names[left], names[right]), len(values)))
    return Crosses(pairs[kept], levels[kept], np.concatenate(known), tuple(made)) if kept else None


def _combine(codes: NDArray[np.int32], pairs: NDArray[np.int64], levels: NDArray[np.int64]) -> NDArray[np.int64]:
    """One whole number for each row and pair of codes, (n_rows, n_pairs) int64."""
    both = codes[:, pairs].astype(np.int64)
    both = np.where((both >= UNSEEN) & (both < levels), both, UNSEEN) - UNSEEN
    return np.asarray(both[..., 0] * (levels[:, 1] + 2) + both[..., 1])


def _explained(codes: NDArray[np.int32], levels: NDArray[np.int64], target: Target, seed: int) -> NDArray[np.float64]:
    """Share of the target's variance that out-of-fold means of each column explain, (n_columns,) float64."""
    index = LevelIndex(np.arange(codes.shape[1]), levels)
    known = known_levels(index, index.slots(codes), 1)
    names = tuple(str(i) for i in range(codes.shape[1]))
    outputs, _ = target.outputs()
    rows = fit_target_means(index, known, names, codes, target, seed)[1]
    means = rows.reshape(len(codes), codes.shape[1], outputs.shape[1])
    errors = ((outputs[:, None, :] - means) ** 2 * target.mass[:, None, None]).mean(axis=(0, 2))
    return np.asarray(1.0 - errors)
