"""What families do with targets when training rows lack a label, or have nothing else to go by."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.plugin.model import Part
from automl.task import Task


def prior(part: Part, task: Task) -> NDArray[np.float64]:
    """Return the prediction (n_outputs,) float64 of someone who sees no column: label frequencies, or the mean."""
    if not task.is_classification:
        return np.array([np.average(part.y, weights=part.weights)], dtype=np.float64)
    counts = np.bincount(part.y.astype(np.int64), part.weights, minlength=task.n_outputs)
    return np.asarray(counts / counts.sum(), dtype=np.float64)


def of_labels(part: Part, classes: NDArray[np.int64]) -> Part:
    """Return the rows whose labels are among these; all rows where there are no labels, as in regression."""
    if not len(classes):
        return part
    rows = np.flatnonzero(np.isin(part.y, classes))
    return part if len(rows) == len(part.y) else part.take(rows)


def spread(probabilities: NDArray[Any], classes: NDArray[np.int64], n_outputs: int) -> NDArray[np.float64]:
    """Put the columns of the labels seen into (n_rows, n_outputs) float64, zero for the others."""
    out = np.zeros((len(probabilities), n_outputs))
    out[:, classes] = probabilities
    return out
