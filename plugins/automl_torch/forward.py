"""Prediction in numpy: for a few rows many times faster than torch, and torch need not be installed or loaded."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from automl_torch.architecture import Architecture

Array = NDArray[np.float32]
Weights = Mapping[str, Array]

_CHUNK = 4096  # rows times members at once, so that the activations stay in the processor's cache
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772  # Klambauer 2017, arXiv 1706.02515


def scores(network: Architecture, weights: Weights, dense: Array, codes: NDArray[np.int64]) -> Array:
    """Return (n_members, n_rows, n_scores) float32.

    `dense` (n_rows, n_numbers + n_indicators) float32 and `codes` (n_rows, n_embedded) int64 are a `Layout`'s.
    """
    size = max(1, _CHUNK // network.n_members)
    starts = range(0, max(1, len(dense)), size)
    parts = [_chunk(network, weights, dense[i : i + size], codes[i : i + size]) for i in starts]
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


def _chunk(network: Architecture, weights: Weights, dense: Array, codes: NDArray[np.int64]) -> Array:
    n_rows, members = len(dense), network.n_members
    inputs = _inputs(network, weights, dense, codes)
    x: Array = np.multiply(inputs[None], weights["scale"][:, None]).reshape(members * n_rows, -1)
    for layer in range(network.depth):
        x = x @ weights[f"weight{layer}"]
        x += weights[f"bias{layer}"]
        active = _ACTIVATIONS[network.activation](x)
        if network.blended:
            active -= x
            active *= weights[f"blend{layer}"]
            active += x
        x = active
    heads = x.reshape(members, n_rows, -1) @ weights["head_weight"]
    return np.asarray(heads + weights["head_bias"][:, None], dtype=np.float32)


def _inputs(network: Architecture, weights: Weights, dense: Array, codes: NDArray[np.int64]) -> Array:
    """Return the inputs of the scale, (n_rows, n_inputs) float32."""
    n_rows, numbers = len(dense), dense[:, : network.n_numbers]
    blocks = [dense]
    if "frequency" in weights:
        waves = numbers.T[:, :, None] * (2 * np.pi * weights["frequency"])[:, None]
        waves += weights["phase"][:, None]
        np.cos(waves, out=waves)
        periodic = waves @ weights["periodic_weight"] + weights["periodic_bias"][:, None]
        blocks = [numbers, periodic.transpose(1, 0, 2).reshape(n_rows, -1), dense[:, network.n_numbers :]]
    if "table" in weights:
        blocks.append(weights["table"][codes].reshape(n_rows, -1))
    return np.concatenate(blocks, axis=1) if len(blocks) > 1 else dense


def _selu(x: Array) -> Array:
    out = np.exp(np.minimum(x, 0))  # several times faster than expm1, and float32 rounds as much anyway
    out -= 1
    out *= SELU_ALPHA
    out += np.maximum(x, 0)
    out *= SELU_SCALE
    return out


def _mish(x: Array) -> Array:
    """x·tanh(log(1 + eˣ)), by u = eˣ(eˣ + 2): x·u/(u + 2); beyond 20 it is x."""
    power = np.exp(np.minimum(x, 20))
    u = power * (power + 2)
    active: Array = x * (u / (u + 2))
    return active


def _relu(x: Array) -> Array:
    return np.maximum(x, 0)


_ACTIVATIONS = {"selu": _selu, "mish": _mish, "relu": _relu}
