"""Honest predictions of a model that stops by the very rows that judge it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from automl.plugin.model import Part
from automl.task import Task

PIECES = 5
_ROWS_A_PIECE = 4  # fewer would make a piece's own loss all that its stop depends on
_LEAST = 1e-7  # of a probability, so that its logarithm is finite


class StoppedPredictions:
    """What each score row would be predicted if the model had stopped without that row.

    A fit that keeps its best state (rounds of boosting, epochs) by the loss on the score part is judged too well on it:
    by 0.05 of an area under the curve on 400 rows of pure noise. So the score part is cut into five pieces at random.
    While the fit goes on, it shows its predictions; each piece keeps those of the state that is best for the *other*
    pieces. The model itself still stops by all of them. This is cross-validation of the stop alone, within one fit
    (the idea of nested cross-validation, Cawley and Talbot 2010, at the price of a few predictions).
    """

    def __init__(self, score: Part, task: Task, seed: int) -> None:
        n_rows = len(score.y)
        pieces = max(1, min(PIECES, n_rows // _ROWS_A_PIECE))
        self._y, self._classify = score.y, task.is_classification
        self._weights = np.ones(n_rows) if score.weights is None else score.weights.astype(np.float64)
        self._piece = np.random.default_rng(seed).permutation(np.arange(n_rows) % pieces)
        self._lowest = np.full(pieces, np.inf)
        self._kept: NDArray[np.float64] | None = None

    def show(self, predictions: NDArray[np.float64]) -> None:
        """Take the predictions (n_score, n_outputs) of the model as it is now."""
        losses = self._weights * self._losses(predictions)
        own = np.bincount(self._piece, losses, minlength=len(self._lowest))
        others = losses.sum() - own if len(own) > 1 else own
        better = np.flatnonzero(others < self._lowest)
        if not len(better):
            return
        if self._kept is None:
            self._kept = predictions.copy()
        self._lowest[better] = others[better]
        rows = np.isin(self._piece, better)
        self._kept[rows] = predictions[rows]

    @property
    def predictions(self) -> NDArray[np.float64] | None:
        """The predictions kept, (n_score, n_outputs) float64; None where none with a finite loss was shown."""
        return None if not np.isfinite(self._lowest).all() else self._kept

    def _losses(self, predictions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return a loss a row, (n_score,): logarithmic for labels, squared for values."""
        if not self._classify:
            return np.asarray((predictions[:, 0] - self._y) ** 2, dtype=np.float64)
        own = predictions[np.arange(len(self._y)), self._y.astype(np.int64)]
        return np.asarray(-np.log(np.maximum(own, _LEAST)), dtype=np.float64)


def checkpoints(rounds: int, most: int = 48) -> list[int]:
    """Return at most so many rounds to show predictions after, ever further apart, the last one among them."""
    return sorted({round(r) for r in np.geomspace(1, rounds, min(most, rounds))})
