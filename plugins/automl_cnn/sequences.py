"""A convolutional network for sequences, after InceptionTime (Ismail Fawaz et al. 2020, arXiv 1909.04939).

Each module looks at a bottleneck of its input through filters of three lengths and a maximum; residual connections
every third module. Smaller than in the paper: the depth and the number of filters are parameters, and the longest
filter is no longer than a third of the longest sequence.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from automl.plugin import Features, storable
from automl_torch.nets.branch import Branch
from automl_torch.nets.series import Series, learn_series, mask_of

_FILTERS = (39, 19, 9)
_BLOCK = 3  # modules between residual connections


@storable("cnn.sequences")
@dataclass(frozen=True, kw_only=True)
class Sequences(Branch):
    """Columns of sequences, a channel each: `depth` modules with filters of `filter_lengths` steps."""

    series: Series
    depth: int
    filter_lengths: tuple[int, ...]

    def read(self, features: Features) -> tuple[Tensor, ...]:
        """Return (n_rows, n_channels, n_steps) float32 and lengths (n_rows,) int64."""
        return self.series.read(features)

    def module(self) -> nn.Module:
        """Return the network."""
        return _Inception(self)


def learn_sequences(features: Features, columns: tuple[str, ...], depth: int, filters: int) -> Sequences:
    """Learn the channels from training rows; `filters` of each length."""
    series = learn_series(features, columns)
    longest = int(series.read(features)[1].max())
    lengths = tuple(max(3, min(size, longest // 3) | 1) for size in _FILTERS)
    return Sequences(columns=columns, width=8 * filters, series=series, depth=depth, filter_lengths=lengths)


class _Inception(nn.Module):
    def __init__(self, sequences: Sequences) -> None:
        super().__init__()
        filters = sequences.width // 8
        outputs = filters * (len(sequences.filter_lengths) + 1)
        sizes = [len(sequences.columns)] + [outputs] * sequences.depth
        lengths = sequences.filter_lengths
        self.steps = nn.ModuleList([_Module(size, filters, lengths) for size in sizes[:-1]])
        starts = range(0, sequences.depth, _BLOCK)
        self.shortcuts = nn.ModuleList([nn.Conv2d(sizes[start], outputs, 1) for start in starts])

    def forward(self, values: Tensor, lengths: Tensor, view: int = 0) -> Tensor:
        """Return (n_rows, width) float32: the mean and the maximum of each filter over the steps that are there."""
        # As images one pixel high, with the channels last: several times faster on a processor than one dimension.
        mask = mask_of(lengths, values.shape[2])[:, None, None, :]
        x = start = values[:, :, None, :].contiguous(memory_format=torch.channels_last)
        for position, step in enumerate(self.steps):
            x = step(x) * mask
            if position % _BLOCK == _BLOCK - 1 or position == len(self.steps) - 1:
                x = start = functional.relu(x + self.shortcuts[position // _BLOCK](start)) * mask
        mean = x.float().sum(dim=(2, 3)) / lengths[:, None]
        return torch.cat([mean, x.float().masked_fill(~mask, -1e4).amax(dim=(2, 3))], dim=1)


class _Module(nn.Module):
    def __init__(self, inputs: int, filters: int, lengths: tuple[int, ...]) -> None:
        super().__init__()
        narrow = min(inputs, filters) if inputs > 1 else 1
        self.bottleneck = nn.Conv2d(inputs, narrow, 1, bias=False) if inputs > 1 else nn.Identity()
        layers = [nn.Conv2d(narrow, filters, (1, n), padding=(0, n // 2), bias=False) for n in lengths]
        self.filters = nn.ModuleList(layers)
        self.pooled = nn.Conv2d(inputs, filters, 1, bias=False)
        self.norm = nn.BatchNorm2d(filters * (len(lengths) + 1))

    def forward(self, x: Tensor) -> Tensor:
        narrow = self.bottleneck(x)
        parts = [layer(narrow) for layer in self.filters]
        around = functional.pad(x, (1, 1))  # with zeros, as there are beyond a shorter sequence
        parts.append(self.pooled(functional.max_pool2d(around, (1, 3), stride=1)))
        return functional.relu(self.norm(torch.cat(parts, dim=1)))
