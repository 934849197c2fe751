"""Torch's optimisers by name, without weight decay on biases and normalisation."""

from __future__ import annotations

import torch
from torch import nn

from automl_torch.nets.branch import Net
from automl_torch.nets.regime import Regime


def optimiser_of(net: nn.Module, regime: Regime) -> torch.optim.Optimizer:
    """Return the regime's optimiser over a network's parameters; groups say in `factor` what multiplies the rate."""
    rates = net.rates if isinstance(net, Net) else {}
    grouped: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in net.named_parameters():
        if parameter.requires_grad:
            decay = regime.decay if parameter.ndim > 1 else 0.0
            grouped.setdefault((decay, rates.get(name, 1.0)), []).append(parameter)
    groups = [
        {"params": parameters, "weight_decay": decay, "factor": factor}
        for (decay, factor), parameters in grouped.items()
    ]
    match regime.optimiser:
        case "adam":
            return torch.optim.Adam(groups, lr=regime.rate, betas=(regime.momentum, 0.99))
        case "adamw":
            return torch.optim.AdamW(groups, lr=regime.rate, betas=(regime.momentum, 0.99))
        case "sgd":
            return torch.optim.SGD(groups, lr=regime.rate, momentum=regime.momentum, nesterov=regime.momentum > 0)
        case "rmsprop":
            return torch.optim.RMSprop(groups, lr=regime.rate, momentum=regime.momentum)


class Plateau:
    """A factor of the learning rate that falls to a third when the error has not improved for three epochs."""

    def __init__(self, wait: int = 3) -> None:
        self.factor = 1.0
        self._wait, self._lowest, self._bad = wait, float("inf"), 0

    def offer(self, error: float) -> None:
        """Take in an epoch's error."""
        if error < self._lowest:
            self._lowest, self._bad = error, 0
            return
        self._bad += 1
        if self._bad >= self._wait:
            self.factor, self._bad = self.factor / 3, 0
