"""How predictions are judged: named metrics, and any callable a user brings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from automl.task import TaskKind

Array = NDArray[np.float64]
Uses = Literal["probabilities", "labels", "values"]


@dataclass(frozen=True)
class Metric:
    """A metric in its natural unit.

    `function(y, prediction, weights)` takes y (n_rows,), weights (n_rows,) float64 or None, and by `uses`:
    `probabilities` (n_rows, n_labels) float64, `labels` (n_rows,) int64 positions of the predicted labels, or
    `values` (n_rows,) float64.
    """

    name: str
    kinds: frozenset[TaskKind]
    greater_is_better: bool
    uses: Uses
    function: Callable[[NDArray, NDArray, Array | None], float]
