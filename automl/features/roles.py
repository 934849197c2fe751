"""Showing a family only the columns whose roles it can read."""

from __future__ import annotations

import numpy as np

from automl.data.schema import Role, Schema
from automl.data.table import Table

_RAW = (Role.TEXT, Role.IMAGE, Role.SEQUENCE)


def restrict(table: Table, roles: frozenset[Role], schema: Schema | None = None) -> Table:
    """Return the table with the columns of these roles only.

    Booleans lie in the numeric block and only a schema tells them from numbers: without one, the whole block
    stays if either role is wanted.
    """
    names, raw = dict(table.names), dict(table.raw)
    numeric, levels, categorical, datetime = table.numeric, table.levels, table.categorical, table.datetime
    wanted = _wanted_numbers(names.get(Role.NUMERIC, ()), roles, schema)
    if len(wanted) < len(names.get(Role.NUMERIC, ())):
        numeric = np.ascontiguousarray(numeric[:, wanted])
        names[Role.NUMERIC] = tuple(names[Role.NUMERIC][i] for i in wanted)
    if Role.CATEGORICAL not in roles:
        categorical, levels = categorical[:, :0], ()
        raw = {name: cells for name, cells in raw.items() if name not in names.get(Role.CATEGORICAL, ())}
        names[Role.CATEGORICAL] = ()
    if Role.DATETIME not in roles:
        datetime = datetime[:, :0]
        names[Role.DATETIME] = ()
    for role in _RAW:
        if role not in roles:
            for name in names.pop(role, ()):
                raw.pop(name, None)
    return Table(table.n_rows, numeric, categorical, datetime, raw, names, levels)


def _wanted_numbers(names: tuple[str, ...], roles: frozenset[Role], schema: Schema | None) -> list[int]:
    """Positions of the numeric block's columns whose role is wanted."""
    if schema is not None:
        return [i for i, name in enumerate(names) if schema[name].role in roles]
    return list(range(len(names))) if roles & {Role.NUMERIC, Role.BOOLEAN} else []
