"""Columns of sequences as one array: a channel each, all of one length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.plugin import Features, storable

MOST_STEPS, FEWEST_STEPS = 1024, 16
_CELLS = 4_000_000  # steps of all rows together, beyond which sequences are read shorter
_USUAL_STEPS = 64  # to which many rows may shorten them
_FAR = 1e3  # standard deviations to which values are clipped


@storable("classical.series")
@dataclass(frozen=True)
class Series:
    """Channels (columns) with the `mean` and `scale` (n_channels,) float32 of their training values.

    Every sequence is stretched or shrunk along straight lines to `steps` values.
    """

    columns: tuple[str, ...]
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    steps: int

    def __post_init__(self) -> None:
        if not self.mean.shape == self.scale.shape == (len(self.columns),) or not self.columns:
            raise ValueError("sequences need a mean and a scale for each of their channels")
        if not (np.isfinite(self.mean).all() and np.isfinite(self.scale).all() and (self.scale > 0).all()):
            raise ValueError("sequences need finite means and positive scales")
        if not FEWEST_STEPS <= self.steps <= MOST_STEPS:
            raise ValueError(f"sequences have {FEWEST_STEPS} to {MOST_STEPS} steps, not {self.steps}")

    def read(self, features: Features) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return (n_rows, n_channels, n_steps) and lengths (n_rows, n_channels) float32.

        Gaps are filled along a line between their neighbours; a sequence without any number is 0, the mean, and of
        length 0.
        """
        values = np.zeros((features.n_rows, len(self.columns), self.steps), dtype=np.float32)
        lengths = np.zeros((features.n_rows, len(self.columns)), dtype=np.float32)
        for channel, name in enumerate(self.columns):
            for row, cell in enumerate(features.raw[name]):
                known = None if cell is None else np.flatnonzero(np.isfinite(cell))
                if known is None or not len(known):
                    continue
                lengths[row, channel] = len(cell)
                line = cell
                if len(known) < len(cell) or len(cell) != self.steps:
                    line = np.interp(np.linspace(0, len(cell) - 1, self.steps), known, cell[known])
                centred = (line.astype(np.float64) - self.mean[channel]) / self.scale[channel]
                values[row, channel] = np.clip(centred, -_FAR, _FAR)
        return values, lengths


def learn_series(features: Features) -> Series | None:
    """Learn from training rows; None where no sequence holds a number."""
    columns, means, scales = [], [], []
    longest = 0
    for name, cells in features.raw.items():
        present = [cell for cell in cells if isinstance(cell, np.ndarray)]
        values = np.concatenate(present).astype(np.float64) if present else np.empty(0)
        values = values[np.isfinite(values)]
        if not len(values):
            continue
        columns.append(name)
        means.append(values.mean())
        scales.append(values.std() if values.std() > 1e-6 * abs(values.mean()) else 1.0)
        longest = max(longest, *(len(cell) for cell in present))
    if not columns:
        return None
    most = min(MOST_STEPS, max(_USUAL_STEPS, _CELLS // (features.n_rows * len(columns))))
    steps = max(FEWEST_STEPS, min(longest, most))
    scale = np.maximum(np.array(scales), 1e-30).astype(np.float32)
    return Series(tuple(columns), np.array(means, dtype=np.float32), scale, steps)
