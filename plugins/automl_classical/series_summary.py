"""A few numbers about each channel of a sequence: level, spread, trend, shape and frequencies."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_QUANTILES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
_BANDS = 8
N_NUMBERS = 7 + len(_QUANTILES) + _BANDS


def summarise(values: NDArray[np.float32], lengths: NDArray[np.float32]) -> NDArray[np.float32]:
    """Describe sequences (n_rows, n_channels, n_steps) that had these lengths (n_rows, n_channels) unstretched.

    Returns (n_rows, n_channels * N_NUMBERS): mean, deviation, slope, first and last value, mean step, the length's
    logarithm, quantiles, and the logarithm of the power in bands of frequencies, each twice as wide as the one below.
    """
    n_rows, _, n_steps = values.shape
    x = values.astype(np.float64)
    mean = x.mean(axis=2, keepdims=True)
    time = np.linspace(-1, 1, n_steps)
    numbers = [
        mean[..., 0],
        x.std(axis=2),
        (x - mean) @ time / (time @ time),
        x[..., 0],
        x[..., -1],
        np.abs(np.diff(x, axis=2)).mean(axis=2),
        np.log1p(lengths),
    ]
    power = np.abs(np.fft.rfft(x - mean, axis=2)) ** 2 / n_steps
    edges = np.unique(np.geomspace(1, power.shape[2], _BANDS + 1).astype(np.int64))
    bands = [power[..., low:high].sum(axis=2) for low, high in pairwise(edges)]
    bands += [np.zeros_like(mean[..., 0])] * (_BANDS - len(bands))  # short sequences have fewer frequencies
    every = np.stack([*numbers, *np.quantile(x, _QUANTILES, axis=2), *(np.log(band + 1e-6) for band in bands)], axis=2)
    return every.reshape(n_rows, -1).astype(np.float32)
