"""From columns to frozen features to predictions: what a fitted linear layer needs to know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import automl_pretrained.images
import automl_pretrained.texts  # noqa: F401 - registers, as the line before, the networks of a saved model
from automl.plugin import Features, Limits, Part, storable
from automl_pretrained.head import Head, Matrix, fit_head
from automl_pretrained.network import Network
from automl_pretrained.vectors import vectors_at_once, vectors_of
from automl_pretrained.weights import Base
from automl_torch.outcome import unit_weights


@storable("pretrained.reading")
@dataclass(frozen=True)
class Reading:
    """A column, the network that reads it, and how closely."""

    column: str
    network: Network
    detail: int

    def prepare(self, base: Base, parts: Sequence[Features], limits: Limits) -> None:
        """Read the cells of these rows at once, to be found again fold by fold."""
        vectors_of(base, np.concatenate([part.raw[self.column] for part in parts]), self.detail, limits)

    def vectors(self, base: Base, features: Features, limits: Limits | None) -> Matrix:
        """Return (n_rows, width + 1) float32: NaN for a missing cell, and last whether it is there.

        With limits what was read before is found again, and what is new is remembered.
        """
        cells = features.raw[self.column]
        if limits is None:
            found = vectors_at_once(base, cells, self.detail)
        else:
            found = vectors_of(base, cells, self.detail, limits)
        there = np.array([[cell is not None] for cell in cells], dtype=np.float32).reshape(len(cells), 1)
        return np.concatenate([found, there], axis=1)


@storable("pretrained.learned")
@dataclass(frozen=True)
class Learned:
    """How columns are read, and the linear layer on what was read and on the encoded matrix of width `n_others`."""

    readings: tuple[Reading, ...]
    n_others: int
    head: Head

    def check(self) -> None:
        """Raise `ValueError` where the parts do not fit together."""
        if self.n_features != self.head.mean.size:
            raise ValueError(f"a layer of {self.head.mean.size} features for {self.n_features}")

    @property
    def n_features(self) -> int:
        """Features that the layer learns from."""
        return self.n_others + sum(reading.network.width + 1 for reading in self.readings)

    def predict(self, bases: Mapping[str, Base], features: Features, limits: Limits | None) -> NDArray[np.float64]:
        """Return (n_rows, n_outputs) float64."""
        pairs = [(reading, bases[reading.network.digest]) for reading in self.readings]
        return self.head.predict(_matrix(pairs, features, limits))


def learn(pairs: Sequence[tuple[Reading, Base]], train: Part, n_labels: int, C: float, limits: Limits) -> Learned:
    """Read the training rows and fit the layer."""
    matrix = _matrix(pairs, train.features, limits)
    head = fit_head(matrix, train.y, unit_weights(train), n_labels, C, limits)
    return Learned(tuple(reading for reading, _ in pairs), train.features.matrix.shape[1], head)


def _matrix(pairs: Sequence[tuple[Reading, Base]], features: Features, limits: Limits | None) -> Matrix:
    """Put what was read and the encoded matrix side by side."""
    read = [reading.vectors(base, features, limits) for reading, base in pairs]
    return np.concatenate([*read, features.matrix], axis=1)
