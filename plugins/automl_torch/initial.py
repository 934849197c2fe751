"""The first weights of a fold's own network, drawn from the fold's own generator."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from automl_torch.architecture import Architecture
from automl_torch.recipe import Recipe

Weights = dict[str, NDArray[np.float32]]


def draw(network: Architecture, recipe: Recipe, classify: bool, generator: np.random.Generator) -> Weights:
    """Return every array of the network.

    With `recipe.rescaled`, hidden weights are standard normal over the root of the inputs and a classifier's head is
    zero (Holzmüller 2024); biases come with the first batch. Otherwise both are uniform within one over the root of
    the inputs. The scales of several members are signs (Gorishniy 2024, TabM-mini).
    """

    def normal(shape: tuple[int, ...], deviation: float) -> NDArray[np.float64]:
        return generator.normal(0.0, deviation, shape)

    def uniform(shape: tuple[int, ...], bound: float) -> NDArray[np.float64]:
        return generator.uniform(-bound, bound, shape)

    drawn: dict[str, NDArray[np.float64]] = {}
    for name, shape in network.shapes.items():
        fan_in = shape[-2] if len(shape) > 1 else 1
        if name == "frequency":
            drawn[name] = normal(shape, recipe.frequency)
        elif name == "phase":
            drawn[name] = uniform(shape, math.pi)
        elif name in {"periodic_weight", "periodic_bias"}:
            drawn[name] = uniform(shape, 1 / math.sqrt(network.n_waves))
        elif name == "table":
            drawn[name] = normal(shape, 1.0)
        elif name == "scale":
            drawn[name] = np.ones(shape) if network.n_members == 1 else generator.choice([-1.0, 1.0], shape)
        elif name.startswith("blend"):
            drawn[name] = np.ones(shape)
        elif name == "head_weight" and recipe.rescaled and classify:
            drawn[name] = np.zeros(shape)
        elif "weight" in name:
            bound = 1 / math.sqrt(fan_in)
            drawn[name] = normal(shape, bound) if recipe.rescaled else uniform(shape, bound)
        else:
            drawn[name] = np.zeros(shape)
    return {name: array.astype(np.float32) for name, array in drawn.items()}
