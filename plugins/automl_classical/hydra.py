"""Hydra: which kernel of a group of eight random ones answers most, and which least, at each step of a sequence.

Dempster, Schmidt and Webb 2023, Hydra, doi:10.1007/s10618-023-00939-3, from the paper. As there, the most is counted by
its size and the least by ones, and half of the groups look at differences of successive steps. Where several kernels of
a group answer the same, as on zeros, all of them count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.plugin import storable
from automl_classical.convolutions import LENGTH, Values, blocks_of, check_kernels, convolve, longest_dilation

GROUP = 8
_MOST_CHANNELS = 8


@storable("classical.hydra")
@dataclass(frozen=True)
class Hydra:
    """Groups of kernels at one dilation: `weights` (n_groups * GROUP, n_channels * 9) float32."""

    dilation: int
    weights: NDArray[np.float32]

    def __post_init__(self) -> None:
        check_kernels(self.weights, self.dilation)
        if len(self.weights) % GROUP:
            raise ValueError(f"Hydra's kernels come in groups of {GROUP}")

    @property
    def n_features(self) -> int:
        """Number of features."""
        return 2 * len(self.weights)

    def pool(self, values: Values) -> Values:
        """Return square roots of counts, (n_rows, n_features) float32, of (n_rows, n_channels, n_steps)."""
        n_kernels = len(self.weights)
        out = np.empty((len(values), self.n_features), dtype=np.float32)
        for rows in blocks_of(values, n_kernels):
            answers = convolve(values[rows], self.weights, self.dilation)
            n_rows, _, n_steps = answers.shape
            groups = answers.reshape(n_rows, -1, GROUP, n_steps)
            most, least = groups.max(axis=2, keepdims=True), groups.min(axis=2, keepdims=True)
            wins = np.where(groups == most, most, np.float32(0)).sum(axis=3)
            losses = (groups == least).sum(axis=3, dtype=np.float32)
            out[rows, :n_kernels] = wins.reshape(n_rows, -1)
            out[rows, n_kernels:] = losses.reshape(n_rows, -1)
        return np.sqrt(np.maximum(out, 0))


def learn_hydra(n_channels: int, n_steps: int, n_groups: int, rng: np.random.Generator) -> list[Hydra]:
    """Draw so many groups of kernels for each dilation, a power of two, that fits the sequences."""
    found = []
    for exponent in range(int(max(0.0, longest_dilation(n_steps))) + 1):
        kernels = rng.normal(size=(n_groups * GROUP, LENGTH))
        kernels -= kernels.mean(axis=1, keepdims=True)
        kernels /= np.abs(kernels).sum(axis=1, keepdims=True)
        on = np.zeros((n_groups, n_channels))
        for group in range(n_groups):  # a group's kernels compete on the same channels
            on[group, rng.choice(n_channels, min(n_channels, _MOST_CHANNELS), replace=False)] = 1
        weights = np.repeat(on, GROUP, axis=0)[:, :, None] * kernels[:, None, :]
        found.append(Hydra(2**exponent, weights.reshape(n_groups * GROUP, -1).astype(np.float32)))
    return found
