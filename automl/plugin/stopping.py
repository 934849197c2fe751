"""Honest predictions of a model that stops by the very rows that judge it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.features.encoding import Features
from automl.plugin.model import Model, Part
from automl.task import Task

PIECES = 5
_ROWS_A_PIECE = 4  # fewer would make a piece's own loss all that its stop depends on
_LEAST = 1e-7  # of a probability, so that its logarithm is finite


class ScorePieces:
    """The rows of a score part, dealt at random into five pieces, each of which stops by the rows of the others.

    `of_row` (n_score,) int64 is the piece of each row, from 0. Pieces are alike in their targets `y` (n_score,): where
    one has more of a label, the others have less of it and choose a state that says it less, so that noise would be
    judged worse than chance. Fewer than eight rows are one piece, which stops by its own: there is nobody else to ask.
    """

    def __init__(self, y: NDArray[Any], seed: int) -> None:
        n_rows, random = len(y), np.random.default_rng(seed)
        count = max(1, min(PIECES, n_rows // _ROWS_A_PIECE))
        by_target = np.lexsort((random.random(n_rows), y))
        hands = np.lexsort((random.random(n_rows), np.arange(n_rows) // count))  # of neighbours, one for each piece
        self.of_row = np.empty(n_rows, dtype=np.int64)
        self.of_row[by_target[hands]] = np.arange(n_rows) % count
        self._lowest = np.full(count, np.inf)

    def improved(self, losses: NDArray[np.float64]) -> NDArray[np.int64]:
        """Take what each row adds to the loss of the model as it is now, (n_score,) with its weight.

        Return the pieces for whose other rows no state so far was better, (n_pieces,) int64: the last of equal states
        counts. There are none where a loss is not finite, since the model would not keep such a state either.
        """
        if not np.isfinite(losses).all():
            return np.empty(0, dtype=np.int64)
        own = np.bincount(self.of_row, losses, minlength=len(self._lowest))
        others = losses.sum() - own if len(own) > 1 else own
        better = np.flatnonzero(others <= self._lowest)
        self._lowest[better] = others[better]
        return better


class StoppedPredictions:
    """What each score row would be predicted if the model had stopped without that row.

    A fit that keeps its best state (rounds of boosting, epochs) by the loss on the score part is judged too well on it:
    by 0.05 of an area under the curve on 400 rows of pure noise. So the score part is cut into pieces at random, see
    `ScorePieces`. While the fit goes on, it shows its predictions; each piece keeps those of the state that is best for
    the *other* pieces. The model itself still stops by all of them. This is cross-validation of the stop alone, within
    one fit (the idea of nested cross-validation, Cawley and Talbot 2010, at the price of a few predictions). What is
    held is one prediction a row, however many states are shown.
    """

    def __init__(self, score: Part, task: Task, seed: int) -> None:
        self._y, self._classify = score.y, task.is_classification
        self._weights = np.ones(len(score.y)) if score.weights is None else score.weights.astype(np.float64)
        self._pieces = ScorePieces(score.y, seed)
        self._kept: NDArray[Any] | None = None

    def show(self, predictions: NDArray[Any], losses: NDArray[np.float64] | None = None) -> None:
        """Take the predictions (n_score, n_outputs) of the model as it is now.

        `losses` (n_score,) float64 is what each row adds to the loss that the model stops by, with its weight; None for
        the logarithmic loss of labels and the squared error of values. With it, the columns of `predictions` may be
        anything.
        """
        better = self._pieces.improved(self._weights * self._losses(predictions) if losses is None else losses)
        if not len(better):
            return
        if self._kept is None:  # the first state is the best so far for every piece
            self._kept = predictions.copy()
            return
        rows = np.isin(self._pieces.of_row, better)
        self._kept[rows] = predictions[rows]

    @property
    def predictions(self) -> NDArray[np.float64] | None:
        """The predictions kept, (n_score, n_outputs) float64; None where none with finite losses was shown."""
        return None if self._kept is None else self._kept.astype(np.float64)

    def _losses(self, predictions: NDArray[Any]) -> NDArray[np.float64]:
        """Return a loss a row, (n_score,): logarithmic for labels, squared for values."""
        if not self._classify:
            return np.asarray((predictions[:, 0] - self._y) ** 2, dtype=np.float64)
        own = predictions[np.arange(len(self._y)), self._y.astype(np.int64)]
        return np.asarray(-np.log(np.maximum(own, _LEAST)), dtype=np.float64)


class StoppedModel(Model):
    """A model that stops by the score part.

    Its fits set `stopped` (n_score, n_outputs) float64, the predictions of a `StoppedPredictions` or None, which are
    not pickled.
    """

    stopped: NDArray[np.float64] | None = None

    def predict_score(self, features: Features) -> NDArray[np.float64]:
        """Predict the score part, each row by the state that is best for other rows of it."""
        return self.predict(features) if self.stopped is None else self.stopped

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "stopped": None}


def checkpoints(rounds: int, most: int = 48) -> list[int]:
    """Return at most so many rounds to show predictions after, ever further apart, the last one among them."""
    return sorted({round(r) for r in np.geomspace(1, rounds, min(most, rounds))})
