"""From the scores of linear models to predictions, and what a file of theirs must not hold."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.plugin import spread

MARGIN = 0.05  # of the range of training targets, by which predictions may leave it


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return probabilities (n_rows, n_classes) float64, shifted first so that nothing overflows."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float64)


def bounds(y: NDArray[Any]) -> tuple[float, float]:
    """Return the lowest and the highest value to predict, by the training targets (n_rows,).

    A line runs off where a row is far from the training rows.
    """
    margin = MARGIN * float(np.ptp(y))
    return float(y.min()) - margin, float(y.max()) + margin


def decided(
    scores: NDArray[np.float64], classes: NDArray[np.int64], n_outputs: int, low: float, high: float
) -> NDArray[np.float64]:
    """Turn scores (n_rows, n_scores) into predictions (n_rows, n_outputs) float64.

    They are those of the labels `classes` (n_seen,); without any they are values, which are clipped to [low, high].
    """
    if not len(classes):
        return np.asarray(np.clip(scores, low, high), dtype=np.float64)
    return spread(softmax(scores), classes, n_outputs)


def check_linear(
    coef: NDArray[Any], intercept: NDArray[np.float64], classes: NDArray[np.int64], n_outputs: int
) -> None:
    """Raise ValueError unless weights (n_features, n_scores) and an intercept (n_scores,) fit the labels."""
    check_classes(classes, n_outputs)
    check_shape("intercept", intercept, (len(classes) or 1,))
    check_shape("coef", coef, (len(coef), len(intercept)))


def check_classes(classes: NDArray[np.int64], n_outputs: int) -> None:
    """Raise ValueError where labels point beyond the outputs."""
    if classes.ndim != 1 or (len(classes) and (classes.min() < 0 or classes.max() >= n_outputs)):
        raise ValueError(f"labels must lie in [0, {n_outputs})")


def check_shape(name: str, array: NDArray[Any], shape: tuple[int, ...]) -> None:
    """Raise ValueError where an array read from a file has another shape, or numbers that are not finite."""
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, but has {array.shape}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite")
