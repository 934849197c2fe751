"""Which encoded columns enter a tabular network as numbers, which as indicators and which through embeddings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from automl.plugin import storable

_ONEHOT = 10  # codes up to which a column is one-hot: nine levels, and 0 for missing, unseen or rare
_BINARY = 3


@storable("torch.layout")
@dataclass(frozen=True)
class Layout:
    """The columns of one fold, by their `cardinalities` (n_features,) int64 as `Features` has them.

    Numbers stay as they are. A category of two levels becomes one column of -1 and 1, one of up to nine a 0/1 column
    a level; missing is 0 in all of them. A larger one is looked up in a table of embeddings, which has a row for each
    code of each column (Holzmüller 2024).
    """

    cardinalities: NDArray[np.int64]

    def __post_init__(self) -> None:
        if self.cardinalities.ndim != 1 or (len(self.cardinalities) and self.cardinalities.min() < 0):
            raise ValueError("cardinalities must be a vector of whole numbers from 0")

    @cached_property
    def numbers(self) -> NDArray[np.int64]:
        """Positions of the columns of numbers, (n_numbers,) int64."""
        return np.flatnonzero(self.cardinalities == 0)

    @cached_property
    def embedded(self) -> NDArray[np.int64]:
        """Positions of the columns that are embedded, (n_embedded,) int64."""
        return np.flatnonzero(self.cardinalities > _ONEHOT)

    @cached_property
    def offsets(self) -> NDArray[np.int64]:
        """The table's row of each embedded column's code 0, (n_embedded,) int64."""
        sizes = self.cardinalities[self.embedded]
        return np.cumsum(sizes) - sizes

    @cached_property
    def n_codes(self) -> int:
        """Rows of the table of embeddings."""
        return int(self.cardinalities[self.embedded].sum())

    @cached_property
    def indicators(self) -> NDArray[np.int64]:
        """(3, n_indicators) int64: the column of each indicator, its code for 1 and its code for -1 (or -1)."""
        made: list[tuple[int, int, int]] = []
        for column in np.flatnonzero((self.cardinalities > 1) & (self.cardinalities <= _ONEHOT)).tolist():
            size = int(self.cardinalities[column])
            made += [(column, 2, 1)] if size == _BINARY else [(column, code, -1) for code in range(1, size)]
        return np.array(made, dtype=np.int64).reshape(-1, 3).T

    def dense(self, matrix: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return numbers, then indicators: (n_rows, n_numbers + n_indicators) float32."""
        columns, ones, minus = self.indicators
        codes = matrix[:, columns]
        signs = (codes == ones).astype(np.float32) - (codes == minus)
        return np.concatenate([matrix[:, self.numbers], signs], axis=1, dtype=np.float32)

    def codes(self, matrix: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return rows of the table of embeddings, (n_rows, n_embedded) int64."""
        codes = matrix[:, self.embedded].astype(np.int64)
        return np.clip(codes, 0, self.cardinalities[self.embedded] - 1) + self.offsets
