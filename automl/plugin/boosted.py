"""What the files of boosted trees do not say: which labels they know, and how their outputs become predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from automl.plugin.model import Part
from automl.plugin.targets import of_labels, prior, spread
from automl.task import Task


@dataclass(frozen=True)
class BoostedHead:
    """What is saved beside a library's own file of trees; a family adds `storable`, and fields with defaults.

    `classes`: (n_seen,) int64 labels that the trees know, empty for regression. `prior`: (n_outputs,) float64, the
    prediction where there was nothing to boost (`boosted` is False). `scale` and `shift` undo a standardised target.
    Raises `ValueError` for what no fit leaves, as a damaged file may hold it.
    """

    classes: NDArray[np.int64]
    prior: NDArray[np.float64]
    boosted: bool
    n_features: int
    scale: float = 1.0
    shift: float = 0.0

    def __post_init__(self) -> None:
        check_positions("labels", self.classes, len(self.prior))
        if self.prior.ndim != 1 or not len(self.prior) or not np.isfinite(self.prior).all():
            raise ValueError("the prior must be a finite vector")
        if not np.isfinite([self.scale, self.shift]).all():
            raise ValueError("scale and shift must be finite")

    @classmethod
    def of(cls, train: Part, task: Task) -> Self:
        """Look at the training rows; there is nothing to boost without columns, or with one label only."""
        n_features = train.features.matrix.shape[1]
        if task.is_classification:
            classes = np.unique(train.y.astype(np.int64))
            return cls(classes, prior(train, task), n_features > 0 and len(classes) > 1, n_features)
        scale, shift = float(train.y.std()) or 1.0, float(train.y.mean())
        return cls(np.empty(0, dtype=np.int64), prior(train, task), n_features > 0, n_features, scale, shift)

    @property
    def n_groups(self) -> int:
        """Trees that a round grows: one for values and for two labels, one a label for more."""
        return len(self.classes) if len(self.classes) > 2 else 1

    def known(self, score: Part | None) -> Part | None:
        """Return the rows whose labels the trees know; None where there are none."""
        part = None if score is None else of_labels(score, self.classes)
        return part if part is not None and len(part.y) else None

    def targets(self, part: Part) -> NDArray[Any]:
        """Return what the trees learn, (n_rows,): positions among the labels known, or standardised values."""
        if len(self.classes):
            return np.searchsorted(self.classes, part.y)
        return np.asarray((part.y - self.shift) / self.scale)

    def predictions(self, out: NDArray[Any]) -> NDArray[np.float64]:
        """Turn what the trees say into probabilities (n_rows, n_labels) or values (n_rows, 1), float64.

        That is standardised values (n_rows,), probabilities (n_rows,) of the second label of two, or (n_rows, n_seen)
        of more.
        """
        out = np.asarray(out, dtype=np.float64)
        if not len(self.classes):
            return (out * self.scale + self.shift).reshape(len(out), 1)
        if len(self.classes) == 2:
            out = np.column_stack([1 - out, out])
        return spread(out / out.sum(axis=1, keepdims=True), self.classes, len(self.prior))

    def constant(self, n_rows: int) -> NDArray[np.float64]:
        """Predict the prior for so many rows, (n_rows, n_outputs) float64."""
        return np.tile(self.prior.astype(np.float64), (n_rows, 1))


def check_positions(name: str, array: NDArray[np.int64], end: int) -> None:
    """Raise `ValueError` unless an array read from a file is a vector of whole numbers in [0, end)."""
    if array.ndim != 1 or array.dtype.kind != "i" or (len(array) and (array.min() < 0 or array.max() >= end)):
        raise ValueError(f"the {name} must lie in [0, {end})")
