"""Which rows train and which rows score: made once a run and never changed during it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ALL_ROWS = -1
"""Index of the pseudo-fold whose training part is every row (for out-of-bag families and final fits)."""


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
    plan some rows are never scored. In a `bound` plan copies of a row are kept together.
    """

    folds: tuple[Fold, ...]
    n_rows: int
    kind: str
    repeats: int = 1
    reason: str = ""
    bound: bool = False

    @property
    def exchangeable(self) -> bool:
        """Whether any row may predict any other, so that out-of-bag rows of one fit stand in for folds."""
        return self.kind in {"stratified", "random"} and not self.bound

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
