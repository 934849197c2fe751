"""Sums, differences, products and ratios of pairs of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from automl.data.sampling import sample_rows
from automl.data.schema import Role
from automl.data.table import Table
from automl.features.derived import Derivation, Made, with_numbers
from automl.features.gain import MOST_ROWS, gain_of
from automl.features.target import Target
from automl.storage import storable

MOST_PAIRED = 8
"""Pairs are made of this many of the strongest columns."""
_SIGNS = ("+", "-", "×", "/")


@storable("arithmetic")
@dataclass(frozen=True, eq=False)
class Arithmetic(Derivation):
    """`terms` (n_terms, 3) int64: the operation (sum, difference, product, ratio) and the two numeric columns."""

    terms: NDArray[np.int64]
    made: tuple[Made, ...]

    def extend(self, table: Table) -> Table:
        """Add a number a term, NaN where an operand is missing or the divisor is 0."""
        return with_numbers(table, self.made, lambda part: _compute(part.numeric, self.terms))


def fit_arithmetic(
    table: Table, target: Target, strength: NDArray[np.float64], most: int, seed: int
) -> tuple[Arithmetic, Table] | None:
    """Choose at most `most` terms by the gain of small boosted trees that see them all beside the columns themselves.

    `strength` (n_numeric,) float64 says which of the first columns to look at, on training rows; booleans are left
    alone.
    """
    numeric = table.numeric[:, : len(strength)]
    many = np.array([_has_three_values(column) for column in numeric.T], dtype=bool)
    usable = np.flatnonzero(many & (strength > 0))
    columns = np.sort(usable[np.argsort(-strength[usable], kind="stable")][:MOST_PAIRED])
    if len(columns) < 2:
        return None
    pairs = [(a, b) for a, b in combinations(columns, 2)]
    candidates = np.array([(sign, a, b) for sign in range(len(_SIGNS)) for a, b in pairs], dtype=np.int64)
    rows = sample_rows(table.n_rows, MOST_ROWS, seed)
    matrix = np.concatenate([numeric[np.ix_(rows, columns)], _compute(numeric[rows], candidates)], axis=1)
    no_codes = np.zeros(matrix.shape[1], dtype=np.int64)
    gain = gain_of(matrix.astype(np.float32), no_codes, target.take(rows), seed)[len(columns) :]
    best = np.argsort(-gain, kind="stable")[:most]
    best = np.sort(best[gain[best] > 0])
    if not len(best):
        return None
    names = table.names[Role.NUMERIC]
    terms = candidates[best]
    made = tuple(Made(f"{names[a]} {_SIGNS[sign]} {names[b]}", (names[a], names[b])) for sign, a, b in terms)
    fitted = Arithmetic(terms, made)
    return fitted, fitted.extend(table)


def _compute(numeric: NDArray[np.float64], terms: NDArray[np.int64]) -> NDArray[np.float64]:
    """Compute terms (n_terms, 3) as (n_rows, n_terms) float64."""
    out = np.empty((len(numeric), len(terms)))
    with np.errstate(all="ignore"):  # what overflows or divides by zero becomes missing
        for i, (sign, a, b) in enumerate(terms):
            left, right = numeric[:, a], numeric[:, b]
            if sign == 0:
                np.add(left, right, out=out[:, i])
            elif sign == 1:
                np.subtract(left, right, out=out[:, i])
            elif sign == 2:
                np.multiply(left, right, out=out[:, i])
            else:
                np.divide(left, right, out=out[:, i])
    out[~np.isfinite(out)] = np.nan
    return out


def _has_three_values(column: NDArray[np.float64]) -> bool:
    """Whether a column has more than two finite values."""
    finite = column[np.isfinite(column)]
    return len(finite) > 2 and bool(((finite != finite.min()) & (finite != finite.max())).any())
