"""Whether mirrored images mean the same, by the evidence of the training rows."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

_SIDE = 12  # pixels: enough to tell a digit from its mirror image, and few enough for a linear model
_MOST = 4000  # rows that are looked at
_LOSS = 0.1  # of what a linear model knows beyond chance, which a harmless mirror may cost


def harmless_mirrors(pixels: Tensor, y: NDArray[np.int64] | NDArray[np.float64], classify: bool) -> tuple[bool, bool]:
    """Return whether a left-right and an upside-down mirror leave the target as it is.

    A linear model is fitted on one half of the rows, (n_rows, n_channels, height, width) uint8, and judged on the other
    half, as it is and mirrored. Where pictures mean the same when mirrored (animals), it knows about as much of both;
    where not (digits), it knows much less of the mirrored ones. Where it knows nothing, there is no evidence, and
    mirrors are left out.
    """
    step = max(1, len(pixels) // _MOST)
    small = functional.interpolate(pixels[::step].float() / 255, (_SIDE, _SIDE), mode="area")
    target = _target(y[::step], classify)
    if len(small) < 20:
        return False, False
    odd = torch.arange(len(small)) % 2 == 1
    weights, mean = _fit(_flat(small[~odd]), target[~odd])
    known = [_known(_flat(view[odd]) - mean, weights, target[odd]) for view in (small, small.flip(3), small.flip(2))]
    noise = 1.5 / float(odd.sum()) ** 0.5  # about the spread of a share of hits
    enough = (1 - _LOSS) * known[0] - noise / 10
    return known[0] > noise and known[1] >= enough, known[0] > noise and known[2] >= enough


def _flat(pixels: Tensor) -> Tensor:
    return pixels.flatten(1)


def _target(y: NDArray[np.int64] | NDArray[np.float64], classify: bool) -> Tensor:
    """Return centred indicators of labels (n_rows, n_labels), or a standardised number (n_rows, 1)."""
    found = torch.from_numpy(np.ascontiguousarray(y))
    if classify:
        return functional.one_hot(found.long()).float()
    values = found.float()[:, None]
    return (values - values.mean()) / values.std().clamp(min=1e-9)


def _fit(pixels: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Fit a ridge regression with a penalty of a tenth of the variance; return its weights and the pixels' mean."""
    mean = pixels.mean(dim=0)
    centred = pixels - mean
    gram = centred.T @ centred
    penalty = 0.1 * gram.diagonal().mean() + 1e-6
    gram.diagonal().add_(penalty)
    return torch.linalg.solve(gram, centred.T @ (target - target.mean(dim=0))), mean


def _known(centred: Tensor, weights: Tensor, target: Tensor) -> float:
    """Return how much better than chance the scores are: the share of hits, or of the variance."""
    scores = centred @ weights
    if target.shape[1] == 1:
        return float(1 - ((scores - target) ** 2).mean() / target.var().clamp(min=1e-9))
    scores = scores + target.mean(dim=0)
    labels = target.argmax(dim=1)
    usual = float(torch.bincount(labels).max()) / len(labels)
    return float((scores.argmax(dim=1) == labels).float().mean()) - usual
