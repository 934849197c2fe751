"""Which rows train and which rows score: made once a run and never changed during it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

ALL_ROWS = -1
"""Index of the pseudo-fold whose training part is every row (for out-of-bag families and final fits)."""

_LARGE_UNIT = 4  # rows
_FEW_ROWS = 0.005  # in larger units, as a share of all


@dataclass(frozen=True)
class Fold:
    """Row positions, int64: (n_train,) to learn from and (n_score,) to predict. No row is in both."""

    index: int
    train: NDArray[np.int64]
    score: NDArray[np.int64]


@dataclass(frozen=True)
class FoldPlan:
    """The folds of a run. `kind` is stratified, random, grouped, forward or holdout; `reason` says why these.

    With repeats a row is scored more than once; its out-of-fold prediction is then the mean. In a forward or holdout
    plan some rows are never scored. Copies of a row, which are kept together,
    have equal `units` (n_rows,); None where no row has one.
    """

    folds: tuple[Fold, ...]
    n_rows: int
    kind: str
    repeats: int = 1
    reason: str = ""
    units: NDArray[np.int64] | None = None

    @property
    def leaves_rows_out(self) -> bool:
        """Whether no model that is kept has learned from every row, nor all of them together."""
        return self.kind in {"holdout", "forward"}

    @property
    def exchangeable(self) -> bool:
        """Whether any row may predict any other."""
        return self.kind in {"stratified", "random"} and self.units is None

    @cached_property
    def out_of_bag(self) -> bool:
        """Whether out-of-bag rows of one fit may stand in for folds, provided that units are out of bag as a whole.

        A unit of four rows is so for 2% of the trees (1/e a row); with many rows in larger ones, folds judge better.
        """
        if self.units is None or self.kind not in {"stratified", "random"}:
            return self.exchangeable
        _, numbers, sizes = np.unique(self.units, return_inverse=True, return_counts=True)
        return bool((sizes[numbers] > _LARGE_UNIT).mean() <= _FEW_ROWS)

    @property
    def first_repeat(self) -> tuple[Fold, ...]:
        """The folds that score each row once, without the repeats."""
        return self.folds[: len(self.folds) // self.repeats]

    @property
    def scored(self) -> NDArray[np.bool_]:
        """Which rows are in some score part, (n_rows,) bool."""
        mask = np.zeros(self.n_rows, dtype=bool)
        for fold in self.folds:
            mask[fold.score] = True
        return mask
