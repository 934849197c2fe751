"""Columns beside the inputs, which say something about rows: their weights, their groups and their times."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl.data.cells import Series
from automl.data.dates import choose_date_parsing, to_datetimes
from automl.data.numeric import to_numbers
from automl.errors import DataError


def weights_in(series: Series) -> NDArray[np.float64]:
    """Read weights, (n_rows,) float64; raise `DataError` unless all are numbers of at least 0, and one is above it."""
    weights = to_numbers(series)
    bad = np.isnan(weights) | (weights < 0)
    if bad.any():
        row = int(bad.argmax())
        raise DataError(
            f"weight column '{series.name}': weights must be numbers of at least 0, and row {row} has "
            f"'{series.iloc[row]}' ({int(bad.sum())} such rows); mend or leave out these rows"
        )
    if not weights.sum() > 0:
        raise DataError(
            f"weight column '{series.name}': all weights are 0, so no row counts; give some a positive weight"
        )
    return weights


def groups_in(series: Series) -> NDArray[np.int64]:
    """Number the groups, (n_rows,) int64; a row without one is a group of its own."""
    codes = pd.factorize(series)[0].astype(np.int64)
    alone = codes < 0
    codes[alone] = codes.max(initial=-1) + 1 + np.arange(int(alone.sum()))
    return codes


def times_in(series: Series) -> NDArray[np.float64]:
    """Read times that order rows, (n_rows,) float64: numbers as they are, or dates in seconds; NaN where there is none.

    Raise `DataError` for cells that are neither.
    """
    if series.dtype.kind in "iuf":
        return to_numbers(series)
    if series.dtype.kind == "M":
        return to_datetimes(series)
    parsing = choose_date_parsing(pd.unique(series).tolist())
    if parsing is None:
        raise DataError(
            f"time column '{series.name}': cells must be numbers or dates, and there is '{series.iloc[0]}'; "
            "write dates as 2026-12-31 13:45:00"
        )
    return to_datetimes(series, parsing)
