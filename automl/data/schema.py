"""The schema: a role for every column of a table, and why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from automl.data.repairs import Repair
from automl.storage import storable

_FEWEST_COMPOSED = 40
"""With fewer levels there is nothing to gain from taking them apart."""
_RUNS = re.compile(r"[^\W\d_]+|\d+")


@storable("role")
class Role(StrEnum):
    """What a column holds. `DROPPED` columns are ignored, with a reason."""

    NUMERIC = "numeric"
    CATEGORICAL = "categorical"
    BOOLEAN = "boolean"
    DATETIME = "datetime"
    TEXT = "text"
    IMAGE = "image"
    SEQUENCE = "sequence"
    DROPPED = "dropped"


@storable("column")
@dataclass(frozen=True)
class Column:
    """One input column: its name, its role, why it has that role, and what is needed to read it again.

    `levels` are the categories of a categorical column as text, in a fixed order (position = code); for a boolean
    column they are the two spellings of false and true. `parsing` names how raw cells become values
    (`""` for cells that need no parsing): see `automl.data.cells`, `numeric`, `dates` and `images`.
    `repairs` change the raw cells before they are read (`automl.data.repairs`).
    """

    name: str
    role: Role
    reason: str = ""
    levels: tuple[str, ...] = ()
    parsing: str = ""
    repairs: tuple[Repair, ...] = ()

    @cached_property
    def positions(self) -> dict[str, int]:
        """Position of each level; found once a column, because single rows are read often."""
        return {level: code for code, level in enumerate(self.levels)}

    @cached_property
    def composed(self) -> bool:
        """Whether it is a category whose many levels are composed of parts, as `PC 17599` and `Mott St` are."""
        if self.role is not Role.CATEGORICAL or len(self.levels) < _FEWEST_COMPOSED:
            return False
        sample = self.levels[:500]
        return sum(len(_RUNS.findall(level)) > 1 for level in sample) > len(sample) / 2


@storable("schema")
@dataclass(frozen=True)
class Schema:
    """The input columns of a table in their order of appearance, dropped ones included."""

    columns: tuple[Column, ...]

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def of(self, *roles: Role) -> tuple[Column, ...]:
        """Columns that have one of these roles, in order."""
        return tuple(column for column in self.columns if column.role in roles)

    @property
    def used(self) -> tuple[Column, ...]:
        """Columns that a prediction needs."""
        return tuple(column for column in self.columns if column.role is not Role.DROPPED)
