"""One model: what it is fitted on, within which limits, and what it must be able to do."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from automl.data.weights import weights_at
from automl.features.encoding import Features
from automl.shelf import Shelf

Param = str | int | float | bool | None
Params = Mapping[str, Param]


@dataclass(frozen=True)
class Limits:
    """What a fit may use: `deadline` on `time.monotonic()`'s clock in seconds (None: no limit), and `threads`."""

    deadline: float | None = None
    threads: int = 1

    @property
    def seconds_left(self) -> float:
        """Seconds until the deadline, negative once it has passed, infinite without one."""
        return float("inf") if self.deadline is None else self.deadline - time.monotonic()

    def share(self, part: float) -> Limits:
        """Limits that end after this part, in [0, 1], of the time left."""
        if self.deadline is None:
            return self
        return Limits(time.monotonic() + max(0.0, self.seconds_left) * part, self.threads)


@dataclass(frozen=True)
class Part:
    """Encoded rows with their targets `y` (n_rows,) and sample weights (n_rows,) float64, None for equal ones."""

    features: Features
    y: NDArray[np.int64] | NDArray[np.float64]
    weights: NDArray[np.float64] | None = None

    def take(self, rows: NDArray[np.int64]) -> Part:
        """Return the rows at these positions, in this order."""
        return Part(self.features.take(rows), self.y[rows], weights_at(self.weights, rows))


class Model(ABC):
    """One model to fit, of one family with one set of parameters."""

    @abstractmethod
    def fit(self, train: Part, score: Part | None, limits: Limits) -> None:
        """Learn from `train`; `score` may decide when to stop. Return in time with the best so far.

        Raise `TrialFailed` where nothing usable was learned before the deadline.
        """

    @abstractmethod
    def predict(self, features: Features) -> NDArray[np.float64]:
        """Return (n_rows, n_labels) probabilities that sum to one, or (n_rows, 1) values; change nothing."""

    def predict_score(self, features: Features) -> NDArray[np.float64]:
        """Predict the rows of the score part that `fit` was given, as honestly as can be; asked right after `fit`.

        These become the out-of-fold predictions. A model that stops by the score part overrides this, since `predict`
        would be judged too well: see `StoppedPredictions`.
        """
        return self.predict(features)

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write into an existing, empty folder, in formats that run no code when read."""

    def save_beside(self, folder: Path, shelf: Shelf) -> None:
        """Write as `save` does, but put on the shelf, once, what other models have in common with this one.

        What overrides this is read back by `ModelFamily.load_beside`. The default saves everything into the folder.
        """
        self.save(folder)
