"""Numbers as ranges: categories of about as many training rows each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.data.schema import Role
from automl.data.table import MISSING, Table
from automl.features.derived import Derivation, Made, widen
from automl.storage import storable


@storable("bins")
@dataclass(frozen=True, eq=False)
class Bins(Derivation):
    """Inner `edges` (n_columns, n_edges) float64 of numeric `columns` (n_columns,), ascending, padded with infinity."""

    columns: NDArray[np.int64]
    edges: NDArray[np.float64]
    made: tuple[Made, ...]

    def extend(self, table: Table) -> Table:
        """Add a category a column: the range that a number is in, `MISSING` where it has none."""
        values = np.take(table.numeric, self.columns, axis=1)
        codes = np.empty(values.shape, dtype=np.int32)
        for i, edges in enumerate(self.edges):
            codes[:, i] = np.searchsorted(edges, values[:, i], side="right")
        codes[~np.isfinite(values)] = MISSING
        return widen(table, self.made, codes=codes)


def fit_bins(table: Table, n_bins: int, n_numbers: int) -> tuple[Bins, Table] | None:
    """Fit on training rows' first `n_numbers` numbers; one with too few values for three ranges is left alone."""
    shares = np.linspace(0, 1, n_bins + 1)[1:-1]
    columns, edges, made = [], [], []
    for i, name in enumerate(table.names.get(Role.NUMERIC, ())[:n_numbers]):
        finite = table.numeric[:, i][np.isfinite(table.numeric[:, i])]
        if len(finite) < n_bins:
            continue
        inner = np.unique(np.quantile(finite, shares, method="inverted_cdf"))
        inner = inner[inner > finite.min()]
        if len(inner) < 2:
            continue
        columns.append(i)
        edges.append(np.append(inner, np.full(len(shares) - len(inner), np.inf)))
        made.append(Made(f"range of {name}", (name,), len(inner) + 1))
    if not columns:
        return None
    fitted = Bins(np.array(columns, dtype=np.int64), np.stack(edges), tuple(made))
    return fitted, fitted.extend(table)
