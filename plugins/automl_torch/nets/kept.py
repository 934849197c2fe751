"""The weights that a training keeps: those of its best epoch, and those that predict its score part out of fold."""

from __future__ import annotations

import math
from collections.abc import Iterator, Set

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from automl.plugin import ScorePieces

Weights = dict[str, Tensor]

_SCORED = 1500  # rows of a score part that are enough to choose an epoch by


class Kept:
    """Copies of a network's weights: of the epoch with the lowest error, and for each of `ScorePieces` of the epoch
    that is best for the rows of the other pieces.

    Predictions of all score rows after each epoch would cost too much, so weights are kept instead: copies of at most
    six epochs, usually of two or three, since pieces mostly agree. In the end every score row is predicted once, as it
    would be by one network.

    `y` (n_score,) are the targets of the score part. `rows` (n_scored,) int64 are the rows of it that choose: evenly
    spread where there are many. The others have no say in the best epoch, which may therefore predict them. `fixed` are
    names of weights that no step changes: they are not copied.
    """  # fmt: skip

    def __init__(self, y: Tensor, seed: int, fixed: Set[str] = frozenset()) -> None:
        n_score = len(y)
        self.rows = torch.arange(n_score) if n_score <= _SCORED else torch.linspace(0, n_score - 1, _SCORED).long()
        self.best: Weights = {}
        self.epoch = 0
        self._lowest = math.inf
        self._n_score, self._pieces = n_score, ScorePieces(y[self.rows].numpy(), seed)
        self._of_piece: dict[int, Weights] = {}
        self._fixed = fixed

    def offer(self, net: nn.Module, epoch: int, losses: Tensor | None) -> float:
        """Take in an epoch; `losses` (n_scored,) is what each scored row adds to the error, which is returned.

        Without a score part, and without a row that counts, the error is NaN, and the last epoch is the best.
        """
        error = math.nan if losses is None else float(losses.sum())
        pieces = [] if losses is None else self._pieces.improved(losses.double().numpy()).tolist()
        best = error <= self._lowest or (math.isnan(error) and math.isinf(self._lowest))
        if best or pieces:
            weights = {
                name: tensor.detach() if name in self._fixed else tensor.detach().clone()
                for name, tensor in net.state_dict().items()
            }
            self._of_piece.update(dict.fromkeys(pieces, weights))
            if best:
                self.best, self.epoch, self._lowest = weights, epoch, min(self._lowest, error)
        return error

    def shares(self) -> Iterator[tuple[Weights, NDArray[np.int64]]]:
        """Yield weights and the rows of the score part that they are to predict, each row once."""
        owner: NDArray[np.int64] = np.full(self._n_score, -1)
        if self._of_piece:
            owner[self.rows.numpy()] = self._pieces.of_row
        everyone = {**self._of_piece, -1: self.best}
        for weights in {id(weights): weights for weights in everyone.values()}.values():
            pieces = [piece for piece, its in everyone.items() if its is weights]
            rows = np.flatnonzero(np.isin(owner, pieces))
            if len(rows):
                yield weights, rows
