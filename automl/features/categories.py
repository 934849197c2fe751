"""The categorical block of a table, encoded as an encoding asks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.data.schema import Role
from automl.data.table import Table
from automl.features.blocks import Columns
from automl.features.codes import CodeColumns, fit_codes, fit_ordered
from automl.features.encoding import Encoding
from automl.features.levels import Known, LevelIndex, known_levels
from automl.features.onehot import OnehotColumns, fit_onehot
from automl.features.target import Target
from automl.features.target_means import TargetColumns, fit_target_means
from automl.storage import storable

Part = CodeColumns | OnehotColumns | TargetColumns


@storable("category_encoder")
@dataclass(frozen=True, eq=False)
class CategoryEncoder:
    """Encoders of groups of columns, side by side."""

    parts: tuple[Part, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the output columns."""
        return tuple(name for part in self.parts for name in part.names)

    @property
    def cardinalities(self) -> NDArray[np.int64]:
        """Numbers of codes, (n_outputs,) int64, 0 for numbers."""
        return np.concatenate([part.cardinalities for part in self.parts])

    @property
    def uses_target(self) -> bool:
        """Whether training rows are encoded differently from others, because targets are read."""
        return any(isinstance(part, TargetColumns) for part in self.parts)

    def columns(self, table: Table) -> list[Columns]:
        """Encode rows that are not training rows."""
        return [_columns(part, table) for part in self.parts]


def _columns(part: Part, table: Table) -> Columns:
    return Columns(len(part.names), lambda rows: part.transform(table.categorical[rows]))


def fit_categories(
    encoding: Encoding, table: Table, target: Target, seed: int, means_only: Collection[str] = ()
) -> tuple[CategoryEncoder, list[Columns]] | None:
    """Fit on training rows; return also their own encoding, None if that is empty.

    Columns in `means_only` become target means in any case.
    """
    names = table.names.get(Role.CATEGORICAL, ())
    if not names or encoding.categorical == "drop":
        return None
    index = LevelIndex(np.arange(len(names)), np.asarray(table.levels, dtype=np.int64))
    known = known_levels(index, index.slots(table.categorical), encoding.min_count)
    parts: list[Part] = []
    made: list[Columns] = []
    plain, by_mean = _shares(encoding, known, np.array([name in means_only for name in names]))
    if plain.any():
        parts.append(_fit_plain(encoding, *_subset(index, known, names, plain)))
        made.append(_columns(parts[-1], table))
    if by_mean.any():
        means, rows = fit_target_means(*_subset(index, known, names, by_mean), table.categorical, target, seed)
        parts.append(means)
        made.append(Columns.given(rows))
    return (CategoryEncoder(tuple(parts)), made) if parts else None


def _shares(
    encoding: Encoding, known: Known, means_only: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which columns (n_columns,) are encoded without the target, and which as its means; some are both."""
    varies = known.n_known + known.others > 1
    # Means of two levels say what the levels say.
    beside = varies & ((known.n_known > 2) & encoding.target_means | means_only)
    if encoding.categorical == "codes":
        return ~means_only, beside
    if encoding.categorical == "ordered":
        return varies & ~means_only, beside
    by_mean = varies & ((known.n_known > encoding.onehot_max) | (encoding.categorical == "target"))
    return varies & ~by_mean & ~means_only, by_mean | beside


def _fit_plain(encoding: Encoding, index: LevelIndex, known: Known, names: tuple[str, ...]) -> Part:
    if encoding.categorical == "codes":
        return fit_codes(index, known, names)
    if encoding.categorical == "ordered":
        return fit_ordered(index, known, names, scaled=encoding.numeric != "raw")
    return fit_onehot(index, known, names)


def _subset(
    index: LevelIndex, known: Known, names: tuple[str, ...], chosen: NDArray[np.bool_]
) -> tuple[LevelIndex, Known, tuple[str, ...]]:
    """Restrict to the columns chosen by a mask (n_columns,)."""
    slots = np.repeat(chosen, index.levels + 2)
    part = Known(known.ranks[slots], known.n_known[chosen], known.others[chosen], known.counts[slots])
    return index.subset(chosen), part, tuple(name for name, c in zip(names, chosen, strict=True) if c)
