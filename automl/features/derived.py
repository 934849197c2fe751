"""Columns made of other columns: what a derivation adds to a table, which encoders then treat like the table's own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from automl.data.schema import Role
from automl.data.table import Table
from automl.features.blocks import blocks_of
from automl.features.target import Target
from automl.storage import storable


@storable("made_column")
@dataclass(frozen=True)
class Made:
    """A column that a derivation adds: its name, the columns it is made of, and its number of levels (0: a number)."""

    name: str
    sources: tuple[str, ...]
    levels: int = 0


class Derivation(ABC):
    """A fitted derivation; subclasses are frozen dataclasses registered with `storable`."""

    made: tuple[Made, ...]
    """The columns that it adds: numbers first, then categories."""

    @abstractmethod
    def extend(self, table: Table) -> Table:
        """Return the table with the columns added, for rows that are not training rows."""


class FeatureEncoder(ABC):
    """A way to make columns of others; plugins bring theirs by the hook `automl_encoders`.

    Stateless, like a family: one instance serves every fold, in many processes.
    """

    name: str
    """Unique, as a user would type it: lower case letters, digits and underscores."""
    uses_target: bool = True
    """Whether it looks at targets; if not, it says so to let forests judge themselves by their out-of-bag rows."""

    @abstractmethod
    def fit(self, table: Table, target: Target, seed: int) -> tuple[Derivation, Table] | None:
        """Learn from a fold's training rows; return also their table with the columns added, see `widen`.

        None where there is nothing to do for this table. Where the target is looked at, the columns of the training
        rows must be cross-fitted: a row's own target must not show in them.
        """


def widen(
    table: Table,
    made: Sequence[Made],
    numbers: NDArray[np.float64] | None = None,
    codes: NDArray[np.int32] | None = None,
) -> Table:
    """Add `numbers` (n_rows, n_numbers) and category `codes` (n_rows, n_categories) behind those of a table.

    Codes are 0…levels-1, `MISSING` or `UNSEEN`.
    """
    names = dict(table.names)
    numeric, categorical, levels = table.numeric, table.categorical, table.levels
    if numbers is not None and numbers.shape[1]:
        numeric = np.concatenate([numeric, numbers], axis=1)
        names[Role.NUMERIC] = names.get(Role.NUMERIC, ()) + tuple(m.name for m in made if not m.levels)
    if codes is not None and codes.shape[1]:
        categorical = np.concatenate([categorical, codes.astype(np.int32, copy=False)], axis=1)
        names[Role.CATEGORICAL] = names.get(Role.CATEGORICAL, ()) + tuple(m.name for m in made if m.levels)
        levels += tuple(m.levels for m in made if m.levels)
    return replace(table, numeric=numeric, categorical=categorical, names=names, levels=levels)


def with_numbers(table: Table, made: Sequence[Made], numbers: Callable[[Table], NDArray[np.float64]]) -> Table:
    """Add numbers (n_rows, n_made), worked out from a part of the table at a time, behind those of a table."""
    own = table.numeric.shape[1]
    numeric = np.empty((table.n_rows, own + len(made)))
    for rows in blocks_of(table.n_rows):
        part = table.part(rows)
        numeric[rows, :own] = part.numeric
        numeric[rows, own:] = numbers(part)
    names = {**table.names, Role.NUMERIC: table.names.get(Role.NUMERIC, ()) + tuple(one.name for one in made)}
    return replace(table, numeric=numeric, names=names)
