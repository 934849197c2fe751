"""Temperature scaling: one number that makes the probabilities of an ensemble more or less sure.

Guo, Pleiss, Sun, Weinberger: On Calibration of Modern Neural Networks (ICML 2017),
doi:10.48550/arXiv.1706.04599. Fitted here on out-of-fold probabilities rather than on a validation set, and
dropped where two halves of the rows do not agree that it helps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.metrics import Array, metric_named, two_halves
from automl.storage import storable

_FEWEST_ROWS = {2: 3000}  # by number of labels: below these, AutoGluon found, the temperature is mostly noise
_FEWEST_ROWS_MULTICLASS = 500
_COLDEST, _HOTTEST = 0.05, 20.0
_EPS = float(np.finfo(np.float64).eps)


@storable("calibration")
@dataclass(frozen=True)
class Calibration:
    """Probabilities p become p^(1/temperature), renormalised: above 1 less sure, below 1 surer."""

    temperature: float = 1.0

    def apply(self, probabilities: Array) -> Array:
        """Return calibrated probabilities, (n_rows, n_labels) float64."""
        return _softmax(np.log(np.maximum(probabilities, _EPS)) / self.temperature)


def fit_calibration(y: NDArray[np.int64], probabilities: Array, weights: Array | None = None) -> Calibration | None:
    """Return the temperature of the lowest log loss on out-of-fold rows, None where they do not support one.

    y (n_rows,) int64 positions, probabilities (n_rows, n_labels). It takes 3000 rows in a binary task, 500 in
    a multiclass one, and a lower log loss on either half together when fitted on the other.
    """
    n_rows, n_labels = probabilities.shape
    if n_rows < _FEWEST_ROWS.get(n_labels, _FEWEST_ROWS_MULTICLASS):
        return None
    if weights is None or not weights.any():
        weights = np.ones(n_rows)
    logs = np.log(np.maximum(probabilities, _EPS))
    half = two_halves(y)
    crossed = np.empty_like(logs)
    for rows in (half, ~half):
        crossed[rows] = _softmax(logs[rows] * _best_inverse(y[~rows], logs[~rows], weights[~rows]))
    log_loss = metric_named("log_loss")
    if log_loss.error(y, crossed, weights) >= log_loss.error(y, probabilities, weights):
        return None
    return Calibration(1.0 / _best_inverse(y, logs, weights))


def _best_inverse(y: NDArray[np.int64], logs: Array, weights: Array) -> float:
    """Return 1 / temperature by Newton's method; log loss is convex in it, so its slope is a bracket."""
    low, high = 1.0 / _HOTTEST, 1.0 / _COLDEST
    total = weights.sum()
    if total <= 0:
        return 1.0
    wanted = weights @ logs[np.arange(len(y)), y] / total
    inverse = 1.0
    for _ in range(50):
        shares = _softmax(logs * inverse)
        mean = (shares * logs).sum(axis=1)
        slope = weights @ mean / total - wanted
        curvature = weights @ ((shares * logs**2).sum(axis=1) - mean**2) / total
        low, high = (low, inverse) if slope > 0 else (inverse, high)
        step = inverse - slope / curvature if curvature > 0 else high
        if not low <= step <= high:
            step = float(np.sqrt(low * high))
        if abs(step - inverse) <= 1e-10 * inverse:
            return float(step)
        inverse = float(step)
    return inverse


def _softmax(logits: Array) -> Array:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
