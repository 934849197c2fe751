"""Convolutions of sequences with dilated kernels of nine steps, many kernels at once, as products of matrices."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

LENGTH = 9
_BLOCK = 6_000_000  # values of a convolution that are held at once

Values = NDArray[np.float32]


def convolve(values: Values, weights: Values, dilation: int) -> Values:
    """Convolve (n_rows, n_channels, n_steps) with `weights` (n_kernels, n_channels * LENGTH), zeros beyond both ends.

    Returns (n_rows, n_kernels, n_steps) float32. Weights of a channel lie side by side.
    """
    n_rows, n_channels, n_steps = values.shape
    reach = (LENGTH - 1) * dilation
    around = np.zeros((n_rows, n_channels, n_steps + reach), dtype=np.float32)
    around[..., reach // 2 : reach // 2 + n_steps] = values
    taps = sliding_window_view(around, n_steps, axis=2)[:, :, ::dilation]  # (n_rows, n_channels, LENGTH, n_steps)
    return np.asarray(weights @ taps.reshape(n_rows, n_channels * LENGTH, n_steps), dtype=np.float32)


def blocks_of(values: Values, n_kernels: int) -> list[slice]:
    """Return slices of rows whose convolutions with so many kernels may be held at once."""
    n_rows, _, n_steps = values.shape
    size = max(1, _BLOCK // (n_kernels * n_steps))
    return [slice(start, start + size) for start in range(0, n_rows, size)]


def longest_dilation(n_steps: int) -> float:
    """Return the exponent to base two of the largest dilation that lets a kernel fit into so many steps."""
    return float(np.log2((n_steps - 1) / (LENGTH - 1)))


def check_kernels(weights: Values, dilation: int) -> None:
    """Raise ValueError where kernels read from a file are none."""
    if weights.ndim != 2 or weights.shape[1] % LENGTH or not weights.size or not np.isfinite(weights).all():
        raise ValueError("kernels must be finite, and of nine weights for each channel")
    if not 1 <= dilation <= 1024:
        raise ValueError("a dilation must be between 1 and 1024")
