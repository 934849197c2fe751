"""From scores to predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return probabilities (n_rows, n_classes) float64, shifted first so that nothing overflows."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float64)


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
