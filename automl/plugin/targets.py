"""What families do with targets when training rows lack a label, or have nothing else to go by."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.data.weights import effective
from automl.plugin.model import Part
from automl.task import Task


def prior(part: Part, task: Task) -> NDArray[np.float64]:
    """Return the prediction (n_outputs,) float64 of someone who sees no column: label frequencies, or the mean.

    Weights that are all zero count as no weights.
    """
    weights = effective(part.weights)
    if not task.is_classification:
        return np.array([np.average(part.y, weights=weights)], dtype=np.float64)
    counts = np.bincount(part.y.astype(np.int64), weights, minlength=task.n_outputs)
    return np.asarray(counts / counts.sum(), dtype=np.float64)


def of_labels(part: Part, classes: NDArray[np.int64]) -> Part:
    """Return the rows whose labels are among `classes` (n_seen,) int64; all rows where there are none (regression)."""
    if not len(classes):
        return part
    rows = np.flatnonzero(np.isin(part.y, classes))
    return part if len(rows) == len(part.y) else part.take(rows)


def spread(probabilities: NDArray[Any], classes: NDArray[np.int64], n_outputs: int) -> NDArray[np.float64]:
    """Put probabilities (n_rows, n_seen) of the labels `classes` (n_seen,) into (n_rows, n_outputs) float64.

    Labels that were not seen get zero.
    """
    out = np.zeros((len(probabilities), n_outputs))
    out[:, classes] = probabilities
    return out


def linked(raw: NDArray[Any], n_classes: int) -> NDArray[np.float64]:
    """Turn sums of trees into what they predict.

    Values (n_rows,) without classes, probabilities (n_rows,) of the second label of two, (n_rows, n_classes) of more.
    """
    if not n_classes:
        return np.asarray(raw, dtype=np.float64)
    from scipy.special import expit, softmax

    return np.asarray(expit(raw) if n_classes == 2 else softmax(raw, axis=1), dtype=np.float64)
