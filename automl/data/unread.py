"""Cells that hold something, and not what their column's role says: they count as missing, and the user is told."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from automl.data.cells import Series, is_missing
from automl.data.dataset import Dataset
from automl.data.images import ImageSize, Places, why_unreadable
from automl.data.schema import Column, Role


def unread_cells(frame: pd.DataFrame, dataset: Dataset, folder: Path | None) -> list[str]:
    """Say for each column of images or sequences how many cells of the frame could not be read, and why the first."""
    notes = []
    for column in dataset.schema.of(Role.IMAGE, Role.SEQUENCE):
        cells: Series = frame[column.name]
        read = dataset.table.raw[column.name]
        unread = [row for row, cell in enumerate(cells.tolist()) if read[row] is None and not is_missing(cell)]
        if unread:
            first = str(cells.iloc[unread[0]])
            notes.append(
                f"{len(unread):,} of {len(read):,} cells of '{column.name}' cannot be read and count as missing: "
                f"'{first[:80]}' {_why(first, column, folder)}."
            )
    return notes


def _why(cell: str, column: Column, folder: Path | None) -> str:
    if column.role is Role.SEQUENCE:
        return "is no row of numbers"
    return why_unreadable(Places(folder).of(cell), ImageSize.of(column.parsing))
