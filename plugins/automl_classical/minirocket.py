"""MiniRocket: how much of a sequence each of 84 fixed kernels, at many dilations, answers with more than a bias.

Dempster, Schmidt and Webb 2021, MiniRocket, doi:10.1145/3447548.3467231, from the paper. Here one convolution is a
product of matrices for all kernels, and every sequence is of one length.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from automl.plugin import storable
from automl_classical.convolutions import LENGTH, Values, blocks_of, check_kernels, convolve, longest_dilation

N_KERNELS = 84
_MOST_DILATIONS = 32
_MOST_CHANNELS = 9
_GOLDEN = (5**0.5 + 1) / 2


@storable("classical.minirocket")
@dataclass(frozen=True)
class MiniRocket:
    """The kernels at one dilation: `weights` (N_KERNELS, n_channels * 9) and `biases` (N_KERNELS, n_biases) float32.

    Every other kernel looks at the steps only where no zeros were put beyond the ends, beginning with kernel `whole`.
    """

    dilation: int
    weights: NDArray[np.float32]
    biases: NDArray[np.float32]
    whole: int

    def __post_init__(self) -> None:
        check_kernels(self.weights, self.dilation)
        if len(self.weights) != N_KERNELS or self.biases.ndim != 2 or len(self.biases) != N_KERNELS:
            raise ValueError(f"MiniRocket has {N_KERNELS} kernels, and biases for each")
        if self.whole not in (0, 1):
            raise ValueError("the first kernel without zeros is number 0 or 1")

    @property
    def n_features(self) -> int:
        """Number of features."""
        return self.biases.size

    def pool(self, values: Values) -> Values:
        """Return the share of steps above each bias, (n_rows, n_features) float32, of (n_rows, n_channels, n_steps)."""
        out = np.empty((len(values), *self.biases.shape), dtype=np.float32)
        margin = (LENGTH - 1) // 2 * self.dilation
        for rows in blocks_of(values, N_KERNELS):
            answers = convolve(values[rows], self.weights, self.dilation)
            for kernels, steps in (
                (slice(1 - self.whole, None, 2), slice(None)),
                (slice(self.whole, None, 2), slice(margin, answers.shape[2] - margin)),
            ):
                seen = answers[:, kernels, steps]
                for number in range(self.biases.shape[1]):
                    above = seen > self.biases[kernels, number, None]
                    out[rows, kernels, number] = _counts(above) / seen.shape[2]
        return out.reshape(len(values), -1)


def learn_minirocket(values: Values, n_features: int, rng: np.random.Generator) -> list[MiniRocket]:
    """Take biases from what kernels answer to random training rows (n_rows, n_channels, n_steps).

    About `n_features` are made, spread over dilations from one to what fits the sequences.
    """
    n_rows, n_channels, n_steps = values.shape
    found = []
    first = 0
    for index, (dilation, n_biases) in enumerate(_dilations(n_steps, max(1, n_features // N_KERNELS))):
        weights = _weights(n_channels, rng)
        numbers = np.arange(first, first + N_KERNELS * n_biases) + 1
        first += len(numbers)
        shares = np.mod(numbers * _GOLDEN, 1.0, dtype=np.float64).reshape(n_biases, N_KERNELS).T
        biases = _quantiles(values[rng.integers(0, n_rows, N_KERNELS)], weights, dilation, shares)
        found.append(MiniRocket(dilation, weights, biases, (index + 1) % 2))
    return found


def _counts(above: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Count along the last axis, eight steps at a time."""
    counts = np.bitwise_count(np.packbits(above, axis=-1)).sum(axis=-1)
    return np.asarray(counts, dtype=np.float32)


def _dilations(n_steps: int, n_biases: int) -> list[tuple[int, int]]:
    """Return dilations and how many of a kernel's biases each has; small ones are more."""
    most = min(n_biases, _MOST_DILATIONS)
    spaced = np.floor(2 ** np.linspace(0, max(0.0, longest_dilation(n_steps)), most)).astype(np.int64)
    dilations, times = np.unique(spaced, return_counts=True)
    times = times * n_biases // most
    times[: n_biases - int(times.sum())] += 1
    return [(int(dilation), int(n)) for dilation, n in zip(dilations, times, strict=True) if n]


def _weights(n_channels: int, rng: np.random.Generator) -> Values:
    """Return the 84 kernels that have three weights of 2 and six of -1, each on a few random channels."""
    kernels = np.full((N_KERNELS, LENGTH), -1, dtype=np.float32)
    for number, places in enumerate(combinations(range(LENGTH), 3)):
        kernels[number, places] = 2
    on = np.zeros((N_KERNELS, n_channels, 1), dtype=np.float32)
    most = np.log2(min(n_channels, _MOST_CHANNELS) + 1)
    for number in range(N_KERNELS):
        n_chosen = max(1, int(2 ** rng.uniform(0, most)))
        on[number, rng.choice(n_channels, min(n_chosen, n_channels), replace=False)] = 1
    return (on * kernels[:, None, :]).reshape(N_KERNELS, -1)


def _quantiles(rows: Values, weights: Values, dilation: int, shares: NDArray[np.float64]) -> Values:
    """Return quantiles (n_kernels, n_shares) of what each kernel answers to the row of its number."""
    found = np.empty(shares.shape, dtype=np.float32)
    for number in range(len(weights)):
        answers = np.sort(convolve(rows[[number]], weights[[number]], dilation)[0, 0])
        found[number] = np.quantile(answers, shares[number])
    return found
