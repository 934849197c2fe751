"""Sequences of numbers, one column a channel, as padded tensors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from automl.plugin import Features, storable

LONGEST = 512  # steps; longer sequences are resampled to as many


@storable("torch.series")
@dataclass(frozen=True)
class Series:
    """Channels (columns) with the `mean` and `scale` (n_channels,) float32 of their training values."""

    columns: tuple[str, ...]
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]

    def __post_init__(self) -> None:
        if not self.mean.shape == self.scale.shape == (len(self.columns),):
            raise ValueError("sequences need a mean and a scale for each channel")

    def read(self, features: Features) -> tuple[Tensor, Tensor]:
        """Return (n_rows, n_channels, n_steps) float32, padded with 0, and lengths (n_rows,) int64 of at least one.

        Gaps are filled along a line between their neighbours. Channels of a row may differ in length: the shorter ones
        are padded. A missing sequence is all 0, the mean.
        """
        cells = [features.raw[name] for name in self.columns]
        lengths = np.ones(features.n_rows, dtype=np.int64)
        for column in cells:
            known = [0 if cell is None else min(len(cell), LONGEST) for cell in column]
            lengths = np.maximum(lengths, np.array(known, dtype=np.int64))
        values = np.zeros((features.n_rows, len(cells), int(lengths.max(initial=1))), dtype=np.float32)
        for channel, column in enumerate(cells):
            for row, cell in enumerate(column):
                if cell is not None:
                    steps = (_whole(cell) - self.mean[channel]) / self.scale[channel]
                    values[row, channel, : len(steps)] = np.clip(steps, -1e4, 1e4)
        return torch.from_numpy(values), torch.from_numpy(lengths)


def learn_series(features: Features, columns: tuple[str, ...]) -> Series:
    """Learn the mean and the scale of each channel."""
    means, scales = [], []
    for name in columns:
        present = [cell for cell in features.raw[name] if cell is not None]
        values = np.concatenate(present).astype(np.float64) if present else np.zeros(1)
        values = values[np.isfinite(values)]
        means.append(values.mean() if len(values) else 0.0)
        scales.append((values.std() if len(values) else 1.0) or 1.0)
    return Series(columns, np.array(means, dtype=np.float32), np.array(scales, dtype=np.float32))


def _whole(cell: NDArray[np.float32]) -> NDArray[np.float32]:
    """Fill gaps, and resample what is too long."""
    known = np.isfinite(cell)
    if not known.any():
        return np.zeros(0, dtype=np.float32)
    steps = np.arange(len(cell))
    filled = cell if known.all() else np.interp(steps, steps[known], cell[known])
    if len(cell) > LONGEST:
        filled = np.interp(np.linspace(0, len(cell) - 1, LONGEST), steps, filled)
    return np.asarray(filled, dtype=np.float32)


def mask_of(lengths: Tensor, n_steps: int) -> Tensor:
    """Return (n_rows, n_steps) bool: which steps are not padding."""
    return torch.arange(n_steps, device=lengths.device) < lengths[:, None]
