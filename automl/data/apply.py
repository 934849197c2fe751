"""A schema replayed on any table: the same cells give the same values in training and in service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl.data.cells import Series, to_booleans, to_levels, to_text
from automl.data.dates import to_datetimes
from automl.data.images import to_images
from automl.data.numeric import to_numbers
from automl.data.repairs import repaired
from automl.data.schema import Column, Role, Schema
from automl.data.sequences import to_sequences
from automl.data.table import MISSING, UNSEEN, Table
from automl.errors import DataError

_NAMED = 20  # absent columns that are named
_RAW = (Role.TEXT, Role.IMAGE, Role.SEQUENCE)


def to_table(frame: pd.DataFrame, schema: Schema, *, folder: Path | None = None) -> Table:
    """Read the columns of the schema from a table, in whatever order it has them; the table stays as it is.

    Cells that cannot be read become missing, levels that the schema does not list become `UNSEEN`. Image paths start
    from `folder` and stay inside it; None is the current folder, without that rule. Raises `DataError` naming all
    columns that are absent, or the image column of which no file can be read.
    """
    cells = _by_name(frame, schema)
    numeric, boolean = schema.of(Role.NUMERIC), schema.of(Role.BOOLEAN)
    categorical, datetime, raw = schema.of(Role.CATEGORICAL), schema.of(Role.DATETIME), schema.of(*_RAW)
    n_rows = len(frame)
    return Table(
        n_rows=n_rows,
        numeric=_block(
            [to_numbers(cells[c.name], c.parsing) for c in numeric]
            + [to_booleans(cells[c.name], c.levels) for c in boolean],
            n_rows,
            np.float64,
        ),
        categorical=_block(
            [to_levels(cells[c.name], c.positions, MISSING, UNSEEN) for c in categorical], n_rows, np.int32
        ),
        datetime=_block([to_datetimes(cells[c.name], c.parsing) for c in datetime], n_rows, np.float64),
        raw={c.name: _raw(cells[c.name], c, folder) for c in (*raw, *categorical) if c.role in _RAW or c.composed},
        names={
            Role.NUMERIC: tuple(c.name for c in numeric + boolean),
            Role.CATEGORICAL: tuple(c.name for c in categorical),
            Role.DATETIME: tuple(c.name for c in datetime),
            **{role: tuple(c.name for c in raw if c.role is role) for role in _RAW},
        },
        levels=tuple(len(c.levels) for c in categorical),
    )


def extra_columns(frame: pd.DataFrame, schema: Schema) -> tuple[str, ...]:
    """Columns of a table that the schema does not know and that are therefore ignored."""
    known = {column.name for column in schema.columns}
    return tuple(str(name) for name in frame.columns if str(name) not in known)


def _by_name(frame: pd.DataFrame, schema: Schema) -> dict[str, Series]:
    # Series made from one pass over the columns: looking each up by name costs more than reading a single row.
    cells = {str(name): series for name, series in frame.items()}
    absent = [column.name for column in schema.used if column.name not in cells]
    if absent:
        listed = ", ".join(f"'{name}'" for name in absent[:_NAMED]) + (" and more" if len(absent) > _NAMED else "")
        raise DataError(f"the table lacks {len(absent)} column(s) that the model was trained on: {listed}; add them")
    for column in schema.used:
        if column.repairs:
            cells[column.name] = repaired(cells[column.name], column.repairs)
    return cells


def _block(columns: list[NDArray[Any]], n_rows: int, dtype: type[np.generic]) -> NDArray[Any]:
    block = np.empty((n_rows, len(columns)), dtype=dtype)
    for position, column in enumerate(columns):
        block[:, position] = column
    return block


def _raw(series: Series, column: Column, folder: Path | None) -> NDArray[np.object_]:
    if column.role is Role.SEQUENCE:
        return to_sequences(series)
    texts = to_text(series)
    if column.role is Role.IMAGE:
        try:
            return to_images(texts, column.parsing, folder)
        except DataError as error:
            raise DataError(f"column '{column.name}': {error}") from error
    return texts
