"""Rows as tensors, and which of them go into which step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

Inputs = tuple[tuple[Tensor, ...], ...]
"""For each branch of a network its tensors, each (n_rows, ...)."""

_POOL = 20  # batches that are sorted by length together


@dataclass(frozen=True)
class Examples:
    """Inputs with `y` (n_rows,), int64 positions of labels or float32 standardised numbers, and `weights` (n_rows,)
    float32 of mean one. `lengths` (n_rows,) int64 lets rows of like length share a batch; None where all are equal.
    """  # fmt: skip

    inputs: Inputs
    y: Tensor
    weights: Tensor
    lengths: Tensor | None = None

    def __len__(self) -> int:
        return len(self.y)

    def take(self, rows: Tensor, where: torch.device | None = None) -> Examples:
        """Return the rows at these positions, (n_taken,) int64, on a device."""
        return Examples(
            tuple(tuple(tensor[rows].to(where) for tensor in tensors) for tensors in self.inputs),
            self.y[rows].to(where),
            self.weights[rows].to(where),
        )

    def some(self, rows: Tensor) -> Examples:
        """Return the rows at these positions with their lengths, where they are."""
        return replace(self.take(rows), lengths=None if self.lengths is None else self.lengths[rows])


def shuffled(examples: Examples, size: int) -> Iterator[Tensor]:
    """Yield the positions of an epoch's batches; the rows that would fill less than half a batch are left out."""
    n_rows = len(examples)
    order = torch.randperm(n_rows)
    if examples.lengths is not None and n_rows > 2 * size:
        pools = [pool[examples.lengths[pool].argsort()] for pool in torch.split(order, _POOL * size)]
        batches = [batch for pool in pools for batch in torch.split(pool, size)]
        batches = [batches[i] for i in torch.randperm(len(batches)).tolist()]
    else:
        batches = list(torch.split(order, size))
    return iter([batch for batch in batches if 2 * len(batch) >= min(size, n_rows)])


def in_order(n_rows: int, size: int, lengths: Tensor | None = None) -> Iterator[Tensor]:
    """Yield positions for scoring: every row once, rows of like length together."""
    order = torch.arange(n_rows) if lengths is None else lengths.argsort(stable=True)
    return iter(torch.split(order, size))
