"""Random convolutions of sequences, a few plain numbers beside them, and a ridge regression on all of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from automl.plugin import Features, Limits, storable
from automl_classical.arrays import ReadsCells
from automl_classical.convolutions import LENGTH
from automl_classical.hydra import Hydra, learn_hydra
from automl_classical.minirocket import MiniRocket, learn_minirocket
from automl_classical.outputs import check_linear, decided
from automl_classical.series import Series
from automl_classical.series_summary import summarise

Transform = Literal["minirocket", "hydra", "both"]
Bank = MiniRocket | Hydra

_ROWS = 256  # rows that are predicted together
_POOLING = 0.7  # of the time left that kernels may look at the training rows
_HYDRA_COST = 2 * 8 * 5  # features of a group: two for each kernel, at about five dilations


@dataclass(frozen=True)
class Shape:
    """Which kernels, about how many features they make, and whether half of them look at differences."""

    transform: Transform
    n_features: int
    differences: bool


@storable("classical.kernels")
@dataclass(frozen=True)
class Kernels:
    """Banks of kernels that look at sequences, and those that look at the differences of successive steps."""

    plain: tuple[MiniRocket | Hydra, ...]
    differenced: tuple[MiniRocket | Hydra, ...]

    def pool(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (n_rows, n_features) float32 of (n_rows, n_channels, n_steps)."""
        changes = np.diff(values, axis=2)
        return np.concatenate(
            [*(bank.pool(values) for bank in self.plain), *(bank.pool(changes) for bank in self.differenced)], axis=1
        )

    def in_time(self, values: NDArray[np.float32], limits: Limits) -> tuple[Kernels, NDArray[np.float32]]:
        """Pool bank by bank, in a random order; return those that the time was enough for, and what they say.

        At least one bank has its say, and the others share 70% of the time; the rest is for fitting.
        """
        changes, until = np.diff(values, axis=2), limits.share(_POOLING)
        banks = [*((bank, values) for bank in self.plain), *((bank, changes) for bank in self.differenced)]
        blocks: dict[int, NDArray[np.float32]] = {}
        for index in np.random.default_rng(len(banks)).permutation(len(banks)).tolist():
            if blocks and until.seconds_left <= 0:
                break
            bank, seen = banks[index]
            blocks[index] = bank.pool(seen)
        plain = tuple(bank for index, bank in enumerate(self.plain) if index in blocks)
        differenced = tuple(bank for index, bank in enumerate(self.differenced, len(self.plain)) if index in blocks)
        return Kernels(plain, differenced), np.concatenate([blocks[index] for index in sorted(blocks)], axis=1)

    def check(self, n_channels: int, n_steps: int) -> None:
        """Raise ValueError where kernels read from a file do not fit the sequences."""
        for banks, n in ((self.plain, n_steps), (self.differenced, n_steps - 1)):
            for bank in banks:
                if bank.weights.shape[1] != n_channels * LENGTH or (LENGTH - 1) * bank.dilation >= n:
                    raise ValueError("kernels must be of the sequences' channels, and no longer than they")

    @property
    def n_features(self) -> int:
        """Number of features."""
        return sum(bank.n_features for bank in (*self.plain, *self.differenced))


def learn_kernels(values: NDArray[np.float32], shape: Shape, seed: int) -> Kernels:
    """Draw kernels for training rows (n_rows, n_channels, n_steps)."""
    rng = np.random.default_rng(seed)
    halves = [values, np.diff(values, axis=2)] if shape.differences else [values]
    n_features = shape.n_features // len(halves) // (2 if shape.transform == "both" else 1)
    found: list[tuple[Bank, ...]] = []
    for half in halves:
        banks: list[Bank] = []
        if shape.transform != "hydra":
            banks += learn_minirocket(half, n_features, rng)
        if shape.transform != "minirocket":
            banks += learn_hydra(half.shape[1], half.shape[2], max(2, n_features // _HYDRA_COST), rng)
        found.append(tuple(banks))
    return Kernels(found[0], found[1] if shape.differences else ())


@storable("classical.rocket")
@dataclass(frozen=True)
class Rocket(ReadsCells):
    """Weights `coef` (n_features, n_scores) of what kernels, summaries and the matrix say, in this order, float64.

    `intercept` (n_scores,) float64. `classes` (n_seen,) int64 are the labels of the scores, which `temper` makes
    probabilities; they are empty for regression, whose predictions are clipped to [`low`, `high`].
    """

    series: Series
    kernels: Kernels
    coef: NDArray[np.float64]
    intercept: NDArray[np.float64]
    classes: NDArray[np.int64]
    n_outputs: int
    temper: float
    low: float = 0.0
    high: float = 0.0

    def __post_init__(self) -> None:
        check_linear(self.coef, self.intercept, self.classes, self.n_outputs)
        self.kernels.check(len(self.series.columns), self.series.steps)
        if len(self.coef) < self.kernels.n_features:
            raise ValueError("a ridge regression on kernels needs weights for each of their features")

    def predict_features(self, features: Features) -> NDArray[np.float64]:
        """Return (n_rows, n_outputs) float64."""
        starts = range(0, features.n_rows, _ROWS)
        rows = [np.arange(start, min(start + _ROWS, features.n_rows)) for start in starts]
        scores = [self._scores(features.take(some)) for some in rows]
        together = np.concatenate(scores) if scores else np.empty((0, len(self.intercept)))
        return decided(self.temper * together, self.classes, self.n_outputs, self.low, self.high)

    def _scores(self, features: Features) -> NDArray[np.float64]:
        values, lengths = self.series.read(features)
        pooled = np.concatenate([self.kernels.pool(values), beside(values, lengths, features.matrix)], axis=1)
        return np.asarray(pooled.astype(np.float64) @ self.coef + self.intercept, dtype=np.float64)


def beside(
    values: NDArray[np.float32], lengths: NDArray[np.float32], matrix: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return what stands beside the kernels: summaries of the sequences and the matrix, (n_rows, n_beside) float32."""
    return np.concatenate([summarise(values, lengths), matrix], axis=1)
