"""AdamW over groups of parameters that share factors of the learning rate and the weight decay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Factors:
    """What a parameter's learning rate and weight decay are multiplied with."""

    rate: float = 1.0
    decay: float = 1.0


class Optimiser:
    """Decoupled weight decay (Loshchilov and Hutter 2019, arXiv 1711.05101): each step shrinks by rate times decay."""

    def __init__(
        self, parameters: Mapping[str, Tensor], factors: Mapping[str, Factors], betas: tuple[float, float]
    ) -> None:
        groups: dict[Factors, list[Tensor]] = {}
        for name, parameter in parameters.items():
            if parameter.numel():
                groups.setdefault(factors[name], []).append(parameter)
        self._factors = list(groups)
        self._adam = torch.optim.AdamW(
            [{"params": parameters} for parameters in groups.values()], lr=0.0, betas=betas, fused=True
        )

    def step(self, rate: float, decay: float) -> None:
        """Move along the gradients, and forget them."""
        for group, factors in zip(self._adam.param_groups, self._factors, strict=True):
            group["lr"] = rate * factors.rate
            group["weight_decay"] = decay * factors.decay
        self._adam.step()
        self._adam.zero_grad(set_to_none=True)
