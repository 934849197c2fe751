"""From a raw table to its schema: a role for every column, and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from automl.data.fingerprint import hash_column
from automl.data.images import choose_image_parsing
from automl.data.repairs import Repair, repaired
from automl.data.roles import as_role, natural_column
from automl.data.schema import Column, Role, Schema
from automl.data.sketch import Sketch
from automl.data.useless import why_useless
from automl.errors import DataError, unknown


@dataclass(frozen=True)
class Wishes:
    """What a user says about columns.

    `roles` sets roles by name, `drop` ignores columns, `keep` saves columns from being dropped for their content,
    `exclude` are columns that are no input at all (the target, weights, groups). Image paths start from
    `folder` and stay inside it; None is the current folder, without that rule.
    `repairs` of cells are made before a column is looked at, by name; `advised` names columns to ignore, and why.
    """

    roles: Mapping[str, Role] = field(default_factory=dict)
    drop: Collection[str] = ()
    keep: Collection[str] = ()
    exclude: Collection[str] = ()
    folder: Path | None = None
    repairs: Mapping[str, tuple[Repair, ...]] = field(default_factory=dict)
    advised: Mapping[str, str] = field(default_factory=dict)


def describe_columns(frame: pd.DataFrame, wishes: Wishes | None = None) -> Schema:
    """Give every input column of a table a role, be it that it is ignored.

    Raises `OptionError` for names that are not in the table, and `DataError` if a wished role does not fit the cells.
    """
    wishes = wishes or Wishes()
    names = [str(name) for name in frame.columns]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"column '{twice}': every column needs its own name, and this is there twice; rename one")
    for name in (*wishes.roles, *wishes.drop, *wishes.keep):
        if name not in names:
            raise unknown("column", name, names)
    columns: list[Column] = []
    first: dict[tuple[Role, bytes], str] = {}
    for position, name in enumerate(names):
        if name in wishes.exclude:
            continue
        column = _column(name, frame, position, wishes)
        if column.role is not Role.DROPPED:
            cells = repaired(frame.iloc[:, position], column.repairs)
            same = first.setdefault((column.role, hash_column(cells)), name)
            if same != name and name not in wishes.keep and name not in wishes.roles:
                column = Column(name, Role.DROPPED, f"repeats the column '{same}'")
        columns.append(column)
    return Schema(tuple(columns))


def infer_schema(frame: pd.DataFrame, wishes: Wishes | None = None) -> Schema:
    """Give every input column of a table a role, as `describe_columns` does; raises `DataError` if none is left."""
    schema = describe_columns(frame, wishes)
    if not schema.used:
        reasons = "; ".join(f"'{c.name}' {c.reason}" for c in schema.columns[:5]) or "there is no other column"
        raise DataError(f"no input column is left beside the target ({reasons}); add columns, or keep one by name")
    return schema


def _column(name: str, frame: pd.DataFrame, position: int, wishes: Wishes) -> Column:
    if name in wishes.drop or wishes.roles.get(name) is Role.DROPPED:
        return Column(name, Role.DROPPED, "is dropped by request")
    if name in wishes.advised:
        return Column(name, Role.DROPPED, wishes.advised[name])
    repairs = wishes.repairs.get(name, ())
    sketch = Sketch.of(name, repaired(frame.iloc[:, position], repairs))
    column = _seen(name, sketch, wishes)
    return replace(column, repairs=repairs) if repairs else column


def _seen(name: str, sketch: Sketch, wishes: Wishes) -> Column:
    if name in wishes.roles:
        column, why = _sized(as_role(sketch, wishes.roles[name], "set by request"), sketch, wishes.folder)
        if why:
            raise DataError(f"column '{name}' {why}; give the folder that its paths start from (--images)")
        return column
    column, unreadable = _sized(natural_column(sketch), sketch, wishes.folder)
    why = unreadable or ("" if name in wishes.keep else why_useless(sketch, column))
    return Column(name, Role.DROPPED, why) if why else column


def _sized(column: Column, sketch: Sketch, folder: Path | None) -> tuple[Column, str]:
    """Add to an image column the size that its images are kept in, or say why none can be read."""
    if column.role is not Role.IMAGE:
        return column, ""
    parsing, why = choose_image_parsing(sketch.texts, len(sketch.series), folder)
    return replace(column, parsing=parsing), why
