"""A moving average of a network's weights."""

from __future__ import annotations

import copy

import torch
from torch import nn


class Average:
    """Weights averaged over about the last `share` of the steps so far (the power function averages of Karras et al.
    2024, arXiv 2312.02696, section 3: the memory grows with training). The running statistics of normalisation are
    taken over as they are.
    """  # fmt: skip

    def __init__(self, net: nn.Module, share: float) -> None:
        self.net = copy.deepcopy(net).requires_grad_(False)
        self._share, self._steps = share, 0

    @torch.no_grad()
    def update(self, net: nn.Module) -> None:
        """Take in the weights after a step."""
        self._steps += 1
        new = min(1.0, 1.0 / (self._share * self._steps))
        for kept, current in zip(self.net.parameters(), net.parameters(), strict=True):
            kept.lerp_(current, new)
        for own, other in zip(self.net.buffers(), net.buffers(), strict=True):
            own.copy_(other)
