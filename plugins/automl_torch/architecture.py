"""The shape of a tabular network: which arrays it consists of, and which rows of the first layer each input has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.plugin import storable

ACTIVATIONS = ("selu", "mish", "relu")


@storable("torch.architecture")
@dataclass(frozen=True)
class Architecture:
    """Sizes of one fold's network.

    Inputs of the first layer, in this order: `n_numbers` numbers; `n_periodic` outputs of the periodic embedding of
    each number, computed from `n_waves` waves (0: no such embedding); `n_indicators` indicators; `embedding` outputs
    for each of the `n_embedded` columns, from a table of `n_codes` rows. They are multiplied by a diagonal scale, one
    for each of the `n_members`, which share `depth` hidden layers of `width` neurons and have a head of `n_scores`
    scores each. With `blended` each neuron has a share, of its activation against the identity.
    """

    n_numbers: int
    n_indicators: int
    n_embedded: int
    n_codes: int
    n_scores: int
    depth: int
    width: int
    activation: str
    blended: bool = True
    n_members: int = 1
    n_waves: int = 16
    n_periodic: int = 3
    embedding: int = 8

    def __post_init__(self) -> None:
        sizes = [value for value in (getattr(self, field.name) for field in fields(self)) if not isinstance(value, str)]
        if not all(isinstance(size, int) and 0 <= size < 2**31 for size in sizes):
            raise ValueError("the sizes of a network must be whole numbers from 0")
        if not (self.depth and self.width and self.n_scores and self.n_members):
            raise ValueError("a network has at least one layer, neuron, score and member")
        if self.activation not in ACTIVATIONS:
            raise ValueError(f"the activation must be one of {', '.join(ACTIVATIONS)}, but is '{self.activation}'")

    @property
    def n_inputs(self) -> int:
        """Inputs of the first layer."""
        return sum(self._blocks)

    @property
    def _blocks(self) -> tuple[int, int, int, int]:
        periodic = self.n_numbers * self.n_periodic if self.n_waves else 0
        return self.n_numbers, periodic, self.n_indicators, self.n_embedded * self.embedding

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every array by its name; an array without elements is left out."""
        numbers, waves, width = self.n_numbers, self.n_waves, self.width
        shapes: dict[str, tuple[int, ...]] = {
            "frequency": (numbers, waves),
            "phase": (numbers, waves),
            "periodic_weight": (numbers, waves, self.n_periodic),
            "periodic_bias": (numbers, self.n_periodic if waves else 0),
            "table": (self.n_codes, self.embedding),
            "scale": (self.n_members, self.n_inputs),
        }
        for layer in range(self.depth):
            shapes[f"weight{layer}"] = (width if layer else self.n_inputs, width)
            shapes[f"bias{layer}"] = (width,)
            shapes[f"blend{layer}"] = (width if self.blended else 0,)
        shapes["head_weight"] = (self.n_members, width, self.n_scores)
        shapes["head_bias"] = (self.n_members, self.n_scores)
        return {name: shape for name, shape in shapes.items() if np.prod(shape)}

    def check(self, weights: Mapping[str, NDArray[Any]]) -> None:
        """Raise `ValueError` where arrays read from a file are not those of this network, or are not finite."""
        if weights.keys() != self.shapes.keys():
            raise ValueError(f"expected the arrays {sorted(self.shapes)}, found {sorted(weights)}")
        for name, shape in self.shapes.items():
            if weights[name].shape != shape or weights[name].dtype != np.float32:
                found = f"{weights[name].dtype} {weights[name].shape}"
                raise ValueError(f"{name} must be float32 {shape}, but is {found}")
            if not np.isfinite(weights[name]).all():
                raise ValueError(f"{name} must be finite")

    def inputs_within(self, frame: Architecture) -> NDArray[np.int64]:
        """Return where this network's inputs are among those of a larger one, (n_inputs,) int64."""
        starts = np.cumsum((0, *frame._blocks))
        return np.concatenate([start + np.arange(size) for start, size in zip(starts, self._blocks, strict=False)])


def frame_of(networks: Iterable[Architecture]) -> Architecture:
    """Return the smallest network that all of these, which differ in their columns and labels only, fit into.

    Its table has one row more than the largest, for columns that a fold does not have.
    """
    every = list(networks)
    largest = {
        name: max(getattr(network, name) for network in every)
        for name in ("n_numbers", "n_indicators", "n_embedded", "n_codes", "n_scores")
    }
    if largest["n_embedded"]:
        largest["n_codes"] += 1
    return replace(every[0], **largest)
