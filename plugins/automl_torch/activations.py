"""Activations that a neuron blends with the identity, and dropout after them, in few passes over memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from automl_torch.forward import SELU_ALPHA, SELU_SCALE

_FLAT = SELU_SCALE * SELU_ALPHA
_FAR = 20.0  # beyond it Mish is the identity in float32


def blend(x: Tensor, share: Tensor, activation: str, mask: Tensor | None) -> Tensor:
    """Return (x + share · (activation(x) - x)) · mask for x (n_folds, n_rows, width) and share (n_folds, width)."""
    result: Tensor = _Blend.apply(x, share[:, None], activation, mask)  # type: ignore[no-untyped-call]
    return result


class _Blend(torch.autograd.Function):
    """The derivative is worked out on the way forth, while the numbers are in the processor's cache."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, share: Tensor, activation: str, mask: Tensor | None) -> Tensor:
        active, slope = _KERNELS[activation](x)
        change = active.sub_(x)
        y = torch.addcmul(x, change, share)
        slope.sub_(1).mul_(share).add_(1)
        if mask is not None:
            for tensor in (y, change, slope):
                tensor.mul_(mask)
        ctx.save_for_backward(change, slope)
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None, None]:
        change, slope = ctx.saved_tensors
        return gradients[0] * slope, (gradients[0] * change).sum(dim=1, keepdim=True), None, None


def _selu(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return SELU and its derivative; steps are added, because `torch.where` takes forty times as long."""
    power = x.clamp(max=0).exp_().mul_(_FLAT)
    active = torch.add(power, x.clamp(min=0), alpha=SELU_SCALE).sub_(_FLAT)
    return active, power.add_(_step(x), alpha=SELU_SCALE - _FLAT)


def _mish(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return x·w and w + x·(1 - w²)·σ with w = tanh(log(1 + eˣ)) = u/(u + 2), u = eˣ(eˣ + 2), σ = eˣ/(1 + eˣ)."""
    power = x.clamp(max=_FAR).exp_()
    u = (power + 2).mul_(power)
    w = u.div_(u + 2)
    active = x * w
    sigmoid = power.div_(power + 1)
    return active, w.addcmul(torch.addcmul(x, active, w, value=-1), sigmoid)


def _relu(x: Tensor) -> tuple[Tensor, Tensor]:
    return torch.relu(x), _step(x)


def _step(x: Tensor) -> Tensor:
    """Return 1 where x is positive, else 0."""
    return x.sign().clamp_(min=0)


_KERNELS: dict[str, Callable[[Tensor], tuple[Tensor, Tensor]]] = {"selu": _selu, "mish": _mish, "relu": _relu}
