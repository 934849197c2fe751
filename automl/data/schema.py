"""The schema: a role for every column of a table, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from automl.storage import storable


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
    """

    name: str
    role: Role
    reason: str = ""
    levels: tuple[str, ...] = ()
    parsing: str = ""

    @cached_property
    def positions(self) -> dict[str, int]:
        """Position of each level; found once a column, because single rows are read often."""
        return {level: code for code, level in enumerate(self.levels)}


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
