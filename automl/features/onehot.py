"""Categories as a column a level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.features.blocks import in_blocks
from automl.features.levels import Known, LevelIndex
from automl.storage import storable


@storable("onehot_columns")
@dataclass(frozen=True, eq=False)
class OnehotColumns:
    """For each slot the output column it sets, (n_slots,) int64, and the value there, (n_slots,) float32.

    Slots that set nothing point at a spare column past the last.
    """

    index: LevelIndex
    targets: NDArray[np.int64]
    values: NDArray[np.float32]
    names: tuple[str, ...]

    @property
    def cardinalities(self) -> NDArray[np.int64]:
        """Zeros (n_outputs,) int64: these columns hold numbers."""
        return np.zeros(len(self.names), dtype=np.int64)

    def transform(self, codes: NDArray[np.int32]) -> NDArray[np.float32]:
        """Encode codes (n_rows, n_categorical) as (n_rows, n_outputs) float32."""
        return in_blocks(self._transform, codes, len(self.names), np.float32)

    def _transform(self, codes: NDArray[np.int32]) -> NDArray[np.float32]:
        slots = self.index.slots(codes)
        out = np.zeros((len(codes), len(self.names) + 1), dtype=np.float32)
        out[np.arange(len(codes))[:, None], self.targets[slots]] = self.values[slots]
        return out[:, :-1]


def fit_onehot(index: LevelIndex, known: Known, names: tuple[str, ...]) -> OnehotColumns:
    """Give each known level a column; a column that training shows with one value only gets none.

    Two levels and nothing else share a column of -1 and +1, so that a level unseen in training is the middle,
    0.
    """
    outputs: list[str] = []
    targets = np.full(index.size, -1, dtype=np.int64)
    values = np.ones(index.size, dtype=np.float32)
    for ranks, start, name, others in zip(index.split(known.ranks), index.starts, names, known.others, strict=True):
        levels = np.flatnonzero(ranks)
        if len(levels) + others < 2:
            continue
        if len(levels) == 2 and not others:
            targets[start + levels] = len(outputs)
            values[start + levels[0]] = -1.0
            outputs.append(f"{name}={levels[1] - 2}")
        else:
            targets[start + levels] = len(outputs) + np.arange(len(levels))
            outputs += [f"{name}={level - 2}" for level in levels]
    targets[targets < 0] = len(outputs)
    return OnehotColumns(index, targets, values, tuple(outputs))
