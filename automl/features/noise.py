"""Whether most columns of a table are noise, and what is left of it without them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from automl.data.dataset import Dataset
from automl.data.schema import Role, Schema
from automl.features.screening import judge_columns, screen
from automl.features.target import Target

FEWEST_COLUMNS = 40
"""With fewer, what noise there is costs little, and little is gained by looking for it."""
_FEWEST_ROWS = 50
_MOST_USEFUL = 0.5  # share of columns above which a table is left as it is
_SCREENED = (Role.NUMERIC, Role.CATEGORICAL)


def useful_few(dataset: Dataset) -> NDArray[np.bool_] | None:
    """Say which numbers, then which categories, tell something, (n_columns,) bool; None unless most are like noise."""
    table = dataset.table
    if table.numeric.shape[1] + table.categorical.shape[1] < FEWEST_COLUMNS or table.n_rows < _FEWEST_ROWS:
        return None
    judged = judge_columns(table, Target(dataset.y, dataset.task, dataset.weights), 0)
    return judged.proven if judged.passing.mean() < _MOST_USEFUL else None


def without_noise(dataset: Dataset, useful: NDArray[np.bool_]) -> Dataset:
    """Return about what families will see: what they cost, and what they are asked, goes by that."""
    table = screen(dataset.table, useful).extend(dataset.table)
    known, kept = ({name for role in _SCREENED for name in part.names.get(role, ())} for part in (dataset.table, table))
    schema = Schema(tuple(column for column in dataset.schema.columns if column.name not in known - kept))
    return replace(dataset, table=table, schema=schema)
