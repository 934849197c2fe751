"""Dropout masks from a pool, because drawing random numbers takes a processor longer than multiplying with them."""

from __future__ import annotations

import math

import torch
from torch import Tensor

_POOL = 1 << 19  # numbers to begin with; grows to four times the largest mask
_LEVELS = 256


class Masks:
    """Masks that are cut from a pool at random places; `refresh` draws the pool anew, once an epoch is enough.

    Rates are rounded to a multiple of 1/256, so that one random byte decides about an element.
    """

    def __init__(self, seed: int) -> None:
        self._generator = torch.Generator().manual_seed(seed)
        self._bytes = torch.empty(0, dtype=torch.uint8)
        self._pool, self._dropped = torch.empty(0), -1

    def refresh(self) -> None:
        """Forget the numbers drawn."""
        self._bytes, self._dropped = self._bytes[:0], -1

    def cut(self, shape: torch.Size, rate: float) -> Tensor | None:
        """Return a mask: zero for a share `rate` of its elements, 1 / (1 - rate) for the others; None for no rate."""
        dropped = round(rate * _LEVELS)
        if dropped == 0:
            return None
        size = shape.numel()
        if len(self._bytes) < 2 * size or dropped != self._dropped:
            self._draw(size, dropped)
        start = int(torch.randint(len(self._pool) - size, (1,), generator=self._generator))
        return self._pool[start : start + size].view(shape)

    def _draw(self, size: int, dropped: int) -> None:
        if len(self._bytes) < 2 * size:
            words = torch.empty(math.ceil(max(_POOL, 4 * size) / 8), dtype=torch.int64)
            self._bytes = words.random_(-(2**63), None, generator=self._generator).view(torch.uint8)
        self._pool = torch.ge(self._bytes, dropped).float().mul_(_LEVELS / (_LEVELS - dropped))
        self._dropped = dropped
