"""What the networks of several folds predict for their score parts after an epoch, and how well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from automl.plugin import Part, StoppedPredictions, Task


@dataclass(frozen=True)
class Judged:
    """Rows of every fold's score part.

    `predictions` (n_folds, n_rows, n_scores) float32 are probabilities of the labels that folds have rows of, or one
    standardised number. `losses` (n_folds, n_rows) float32 is what each row adds to its fold's error; padding adds
    nothing.
    """

    predictions: Tensor
    losses: Tensor

    @property
    def errors(self) -> NDArray[np.float64]:
        """The folds' errors, (n_folds,); lower is better."""
        return self.losses.sum(dim=1).double().numpy()


class StoppedFolds:
    """`StoppedPredictions` of folds that train together.

    The predictions are those that choose the best epoch anyway, so that an epoch costs one more look at their losses.
    One prediction a row is held, in float32: half of what the out-of-fold predictions themselves take.
    """

    def __init__(self, scored: Sequence[Part], task: Task, seeds: Sequence[int]) -> None:
        self._n_rows = [len(part.y) for part in scored]
        self._folds = [StoppedPredictions(part, task, seed) for part, seed in zip(scored, seeds, strict=True)]

    def show(self, judged: Judged) -> None:
        """Take what the networks predict after an epoch."""
        predictions, losses = judged.predictions.numpy(), judged.losses.double().numpy()
        for i, (fold, n_rows) in enumerate(zip(self._folds, self._n_rows, strict=True)):
            fold.show(predictions[i, :n_rows], losses[i, :n_rows])

    def predictions(self, fold: int) -> NDArray[np.float64] | None:
        """Return a fold's predictions (n_score, n_scores) float64; None where no epoch had finite losses."""
        return self._folds[fold].predictions
