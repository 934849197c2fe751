"""From targets to what a network is trained on, and from its scores to predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.plugin import Part, Task, prior, spread, storable


@storable("torch.outcome")
@dataclass(frozen=True)
class Outcome:
    """The target of one fold.

    `classes` (n_seen,) int64 are the labels of its training rows, empty for regression. A number is standardised by
    `shift` and `scale`, and a prediction is clamped to the range [`low`, `high`] of the training rows. `prior`
    (n_outputs,) float64 is the prediction of someone who sees no column.
    """

    classes: NDArray[np.int64]
    prior: NDArray[np.float64]
    shift: float = 0.0
    scale: float = 1.0
    low: float = 0.0
    high: float = 0.0

    def __post_init__(self) -> None:
        if self.prior.ndim != 1 or not len(self.prior) or self.classes.ndim != 1:
            raise ValueError("classes and prior must be vectors")
        if len(self.classes) and not (self.classes.min() >= 0 and self.classes.max() < len(self.prior)):
            raise ValueError("classes beyond the outputs")
        if not np.isfinite([*self.prior, self.shift, self.scale, self.low, self.high]).all():
            raise ValueError("the numbers of an outcome must be finite")

    @property
    def n_scores(self) -> int:
        """How many scores a network has for a row: one for each label seen, or one."""
        return len(self.classes) or 1

    @property
    def constant(self) -> bool:
        """Whether every training row has the same target, so that there is nothing to learn."""
        return len(self.classes) == 1 or (not len(self.classes) and self.low == self.high)

    def positions(self, y: NDArray[Any]) -> NDArray[np.int64]:
        """Return each label's position among the classes, (n_rows,) int64; -1 where training has no such label."""
        found = np.searchsorted(self.classes, y)
        found[found == len(self.classes)] = 0
        return np.where(self.classes[found] == y, found, -1)

    def standardised(self, y: NDArray[Any]) -> NDArray[np.float32]:
        """Return numbers with the training rows' mean 0 and variance 1, (n_rows,) float32."""
        return np.asarray((y - self.shift) / self.scale, dtype=np.float32)

    def predictions(self, scores: NDArray[np.float32]) -> NDArray[np.float64]:
        """Average the predictions of scores (n_members, n_rows, n_scores): (n_rows, n_outputs) float64."""
        exact = scores.astype(np.float64)
        if not len(self.classes):
            return self.outputs(exact.mean(axis=0))
        powers = np.exp(exact - exact.max(axis=2, keepdims=True))
        return self.outputs((powers / powers.sum(axis=2, keepdims=True)).mean(axis=0))

    def outputs(self, averaged: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn probabilities of the labels seen, or standardised numbers, (n_rows, n_scores), into (n_rows, n_outputs).

        Rounding is taken out of the sum of probabilities.
        """
        if not len(self.classes):
            return np.clip(averaged * self.scale + self.shift, self.low, self.high)
        return spread(averaged / averaged.sum(axis=1, keepdims=True), self.classes, len(self.prior))


def outcome_of(task: Task, train: Part) -> Outcome:
    """Learn the outcome of a fold's training rows."""
    unseeing = prior(train, task)
    if task.is_classification:
        return Outcome(np.unique(train.y.astype(np.int64)), unseeing)
    values = train.y.astype(np.float64)
    scale = float(values.std()) or 1.0
    return Outcome(np.empty(0, np.int64), unseeing, float(unseeing[0]), scale, float(values.min()), float(values.max()))


def unit_weights(part: Part) -> NDArray[np.float64]:
    """Return weights (n_rows,) float64 of mean one."""
    if part.weights is None or not part.weights.any():
        return np.ones(len(part.y))
    return np.asarray(part.weights * (len(part.weights) / part.weights.sum()), dtype=np.float64)
