"""A metric as a value: what it reads, in which direction it improves, and how it becomes an error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from automl.data.weights import effective
from automl.task import TaskKind

Array = NDArray[np.float64]
Labels = NDArray[np.int64]
Uses = Literal["probabilities", "labels", "values"]
MetricFunction = Callable[[NDArray[Any], NDArray[Any], Array | None], float]


class Decides(Protocol):
    """Whatever turns probabilities into labels: a `Decision`."""

    def labels(self, probabilities: Array) -> Labels:
        """Turn (n_rows, n_labels) float64 into (n_rows,) int64 label positions."""
        ...


def likeliest_labels(probabilities: Array) -> Labels:
    """Return the position of the likeliest label, (n_rows,) int64; the earlier label where two are equal."""
    if probabilities.shape[1] == 2:  # several times faster than argmax over rows of two
        return (probabilities[:, 1] > 0.5).astype(np.int64)
    return np.asarray(probabilities.argmax(axis=1), dtype=np.int64)


@dataclass(frozen=True)
class Metric:
    """A metric in its natural unit.

    `function(y, prediction, weights)` takes y (n_rows,), weights (n_rows,) float64 or None, and by `uses`:
    `probabilities` (n_rows, n_labels) float64, `labels` (n_rows,) int64 positions of the predicted labels, or
    `values` (n_rows,) float64. Where greater is better, `best` is the score of a perfect prediction.
    """

    name: str
    kinds: frozenset[TaskKind]
    greater_is_better: bool
    uses: Uses
    function: MetricFunction
    best: float = 1.0

    def score(
        self,
        y: NDArray[Any],
        prediction: Array,
        weights: Array | None = None,
        decision: Decides | None = None,
    ) -> float:
        """Judge predictions in the engine's form, (n_rows, n_labels) probabilities or (n_rows, 1) values.

        For a metric of labels, `decision` turns the probabilities into labels; without one the likeliest
        counts. All values must be finite. Weights that are all zero count as no weights.
        """
        weights = effective(weights)
        if self.uses == "values":
            return self.function(y, prediction[:, 0], weights)
        if self.uses == "probabilities":
            return self.function(y, prediction, weights)
        decided = likeliest_labels(prediction) if decision is None else decision.labels(prediction)
        return self.function(y, decided, weights)

    def error(
        self,
        y: NDArray[Any],
        prediction: Array,
        weights: Array | None = None,
        decision: Decides | None = None,
    ) -> float:
        """Judge as `score` does, turned so that lower is better."""
        return self.as_error(self.score(y, prediction, weights, decision))

    def as_error(self, score: float) -> float:
        """Turn a score into an error: a loss stays what it is, otherwise the distance from `best`."""
        return self.best - score if self.greater_is_better else score

    def score_of(self, error: float) -> float:
        """Turn an error back into the score it came from."""
        return self.best - error if self.greater_is_better else error
