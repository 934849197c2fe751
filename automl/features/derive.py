"""All columns that an encoding wants made of others, in the order in which they build on each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from automl.data.sampling import sample_rows
from automl.data.table import Table
from automl.features.arithmetic import fit_arithmetic
from automl.features.bins import fit_bins
from automl.features.crosses import fit_crosses
from automl.features.derived import Derivation, FeatureEncoder
from automl.features.encoding import Encoding
from automl.features.entities import entity_columns, fit_entities
from automl.features.frequency import fit_frequencies
from automl.features.gain import MOST_ROWS, gain_of
from automl.features.groups import fit_groups
from automl.features.hashing import fit_hashing
from automl.features.screening import judge_columns, screen
from automl.features.target import Target

Strength = Callable[[Table], NDArray[np.float64]]
"""Return the strength of a table's numbers, then of its categories, (n_columns,) float64."""


@dataclass(frozen=True, eq=False)
class Learning:
    """What derivations learn from beside the table.

    `strength` and `useful` tell how strong columns are, and whether they are better than chance; `encoders` are those
    of plugins, by name.
    """

    target: Target
    seed: int
    strength: Strength
    useful: Callable[[Table], NDArray[np.bool_]]
    encoders: Mapping[str, FeatureEncoder] = field(default_factory=dict)

    @classmethod
    def of(cls, target: Target, seed: int, encoders: Mapping[str, FeatureEncoder] | None = None) -> Learning:
        """Measure what is asked for when it is asked for."""
        return cls(
            target,
            seed,
            lambda table: strength_of(table, target, seed),
            lambda table: judge_columns(table, target, seed).proven,
            encoders or {},
        )


def strength_of(table: Table, target: Target, seed: int) -> NDArray[np.float64]:
    """Measure the strength of numbers and categories by the gain of small boosted trees."""
    rows = sample_rows(table.n_rows, MOST_ROWS, seed)
    codes = np.maximum(table.categorical[rows] + 1, 0)
    matrix = np.concatenate([table.numeric[rows], codes], axis=1).astype(np.float32)
    cardinalities = np.array([0] * table.numeric.shape[1] + [n + 1 for n in table.levels], dtype=np.int64)
    return gain_of(matrix, cardinalities, target.take(rows), seed)


def fit_derivations(encoding: Encoding, table: Table, learning: Learning) -> tuple[tuple[Derivation, ...], Table]:
    """Fit on training rows; return also the table with their columns added."""
    derivations: list[Derivation] = []

    def add(fitted: tuple[Derivation, Table] | None) -> None:
        nonlocal table
        if fitted is not None:
            derivations.append(fitted[0])
            table = fitted[1]

    if encoding.screen:
        screened = screen(table, learning.useful(table))
        add((screened, screened.extend(table)))
    if encoding.entities:
        add(fit_entities(table, entity_columns(table)))
    if encoding.hash_above:
        add(fit_hashing(table, encoding.hash_above))
    chooses = encoding.crosses or encoding.groups or encoding.arithmetic
    n_numbers = table.numeric.shape[1]
    strength = learning.strength(table) if chooses else np.zeros(n_numbers)
    numbers, categories = np.split(strength, [n_numbers])
    if encoding.crosses:
        add(fit_crosses(table, learning.target, categories, encoding.crosses, learning.seed))
    if encoding.frequency:
        add(fit_frequencies(table))
    if encoding.groups:
        add(fit_groups(table, categories, numbers, encoding.groups))
    if encoding.arithmetic:
        add(fit_arithmetic(table, learning.target, numbers, encoding.arithmetic, learning.seed))
    if encoding.bins:
        add(fit_bins(table, encoding.bins, n_numbers))
    for name in filter(None, encoding.encoders.split(",")):
        add(learning.encoders[name].fit(table, learning.target, learning.seed))
    return tuple(derivations), table
