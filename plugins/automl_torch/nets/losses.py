"""What a network is trained to lower, and by what the epoch that is kept is chosen."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from automl_torch.nets.regime import Regime


def losses(scores: Tensor, y: Tensor, smoothing: float) -> Tensor:
    """Return the (n_rows,) cross entropies of scores (n_rows, n_labels), or squared errors of (n_rows, 1) values."""
    if y.is_floating_point():
        return (scores[:, 0].float() - y) ** 2
    return functional.cross_entropy(scores.float(), y.clamp(min=0), reduction="none", label_smoothing=smoothing)


def shares_of_error(scores: Tensor, y: Tensor, weights: Tensor, regime: Regime) -> Tensor:
    """Return (n_rows,) what each row adds to the mean error of a score part.

    A row whose label training has not (-1) does not count; where no row counts, all are NaN.
    """
    each = losses(scores, y, 0.0)
    if not y.is_floating_point():
        if regime.hits:  # nearly ties between epochs are decided by the loss
            each = (scores.argmax(dim=1) != y).float() + 1e-3 * each.clamp(max=10.0)
        weights = torch.where(y >= 0, weights, 0.0)
    return each * (weights / weights.sum())


def balance(y: Tensor, n_labels: int) -> Tensor:
    """Return (n_rows,) float32 weights of mean one, with which every label weighs the same."""
    counts = torch.bincount(y, minlength=n_labels).clamp(min=1).float()
    weights = (1.0 / counts)[y]
    return weights / weights.mean()
