"""Weights of several folds' networks in one frame, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl_torch.architecture import Architecture

Weights = Mapping[str, NDArray[np.float32]]
_BY_INPUT = ("scale", "weight0")  # arrays whose last axis but `width` is the inputs, which a frame spreads out


@dataclass(frozen=True)
class Stacked:
    """The networks of some folds and the frame that they fit into.

    The frame's number of inputs sets the learning rate of the first layer in the neural tangent parametrisation. A fold
    with fewer inputs makes up for that: its first layer is kept divided by `spread` (n_folds,) float32, and multiplied
    with it when it is used.
    """

    frame: Architecture
    networks: tuple[Architecture, ...]
    ntk: bool

    @property
    def spread(self) -> NDArray[np.float32]:
        """Ones but for folds with fewer inputs than the frame, (n_folds,) float32."""
        own = np.array([max(1, network.n_inputs) for network in self.networks])
        return np.sqrt(self.frame.n_inputs / own if self.ntk else np.ones(len(own))).astype(np.float32)

    def place(self, weights: Sequence[Weights]) -> dict[str, NDArray[np.float32]]:
        """Return arrays (n_folds, ...) of the frame's shapes, zero wherever a fold's own have nothing."""
        placed = {name: np.zeros((len(weights), *shape), dtype=np.float32) for name, shape in self.frame.shapes.items()}
        for fold, own in enumerate(weights):
            for name, where in self._places(fold):
                spread = self.spread[fold] if name == "weight0" else 1
                placed[name][fold][where] = own[name] / spread
        return placed

    def take(self, placed: Weights, fold: int) -> dict[str, NDArray[np.float32]]:
        """Return a fold's own arrays."""
        own = {}
        for name, where in self._places(fold):
            spread = self.spread[fold] if name == "weight0" else np.float32(1)
            own[name] = np.ascontiguousarray(placed[name][fold][where] * spread)
        return own

    def _places(self, fold: int) -> Iterator[tuple[str, tuple[slice | NDArray[np.int64], ...]]]:
        network = self.networks[fold]
        inputs = network.inputs_within(self.frame)
        for name, shape in network.shapes.items():
            if name in _BY_INPUT:
                yield name, (slice(None), inputs) if name == "scale" else (inputs, slice(None))
            else:
                yield name, tuple(slice(size) for size in shape)
