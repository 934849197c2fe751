"""Categories as one number a column: codes, or ranks of training frequency."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from automl.features.blocks import in_blocks
from automl.features.levels import Known, LevelIndex
from automl.storage import storable


@storable("code_columns")
@dataclass(frozen=True, eq=False)
class CodeColumns:
    """A value for each slot, (n_slots,) float32; `cardinalities` (n_columns,) int64, 0 for non-codes."""

    index: LevelIndex
    values: NDArray[np.float32]
    names: tuple[str, ...]
    cardinalities: NDArray[np.int64]

    def transform(self, codes: NDArray[np.int32]) -> NDArray[np.float32]:
        """Encode codes (n_rows, n_categorical) as (n_rows, n_columns) float32."""
        return in_blocks(self._transform, codes, len(self.names), np.float32)

    def _transform(self, codes: NDArray[np.int32]) -> NDArray[np.float32]:
        return self.values[self.index.slots(codes)]


def fit_codes(index: LevelIndex, known: Known, names: tuple[str, ...]) -> CodeColumns:
    """Number the known levels from 1, in the schema's order."""
    return CodeColumns(index, known.ranks.astype(np.float32), names, known.n_known + 1)


def fit_ordered(index: LevelIndex, known: Known, names: tuple[str, ...], scaled: bool) -> CodeColumns:
    """Rank the known levels by training rows, the rarest first; leave out columns constant in training."""
    varies = known.n_known + known.others > 1
    values = np.zeros(index.size, dtype=np.float32)
    columns = zip(index.split(known.ranks), index.split(known.counts), index.starts, strict=True)
    for ranks, counts, start in columns:
        levels = np.flatnonzero(ranks)
        ascending = levels[np.argsort(counts[levels], kind="stable")]
        values[start + ascending] = np.arange(1, len(levels) + 1) / (max(1, len(levels)) if scaled else 1)
    kept = replace(index.subset(varies))
    widths = np.repeat(varies, index.levels + 2)
    chosen = tuple(name for name, v in zip(names, varies, strict=True) if v)
    return CodeColumns(kept, values[widths], chosen, np.zeros(len(chosen), dtype=np.int64))
