"""A learning curve: what training recorded after each epoch of one fold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.plugin import storable


@storable("torch.curve")
@dataclass(frozen=True)
class Curve:
    """One value an epoch, (n_epochs,) float64.

    `train`: mean loss over the epoch's batches. `score`: the error on the score part, NaN without one and for
    epochs that were not scored. `rate`: the learning rate at the epoch's end. `best`: the epoch, from 0, whose
    weights were kept.
    """

    train: NDArray[np.float64]
    score: NDArray[np.float64]
    rate: NDArray[np.float64]
    best: int

    def __post_init__(self) -> None:
        if not self.train.shape == self.score.shape == self.rate.shape == (len(self.train),):
            raise ValueError("a learning curve has one value an epoch")
