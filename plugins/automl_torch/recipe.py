"""Everything that tells a RealMLP from a TabM, as one value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from automl_torch.architecture import Architecture
from automl_torch.optimiser import Factors
from automl_torch.training import Course


@dataclass(frozen=True)
class Recipe:
    """How to build and train a tabular network.

    - `frequency`: the standard deviation of the frequencies of the periodic embedding.
    - `rescaled`: draw standard normal weights and rescale each layer on the first batch.
    - `ntk`: learning rates in the neural tangent parametrisation; see `factors_of`.
    - `blended`: let each neuron learn how much of its activation it uses.
    - `scale_rate`, `bias_rate`, `embedding_rate`, `blend_rate`: factors of the learning rate.
    - `smoothing`: of labels; `hits`: whether the epoch kept is that with the fewest wrong labels.
    """

    depth: int
    width: int
    activation: str
    course: Course
    batch_size: int
    frequency: float
    n_members: int = 1
    rescaled: bool = True
    ntk: bool = True
    blended: bool = True
    scale_rate: float = 6.0
    bias_rate: float = 0.1
    embedding_rate: float = 0.1
    blend_rate: float = 0.1
    smoothing: float = 0.0
    hits: bool = False


def factors_of(recipe: Recipe, frame: Architecture) -> Mapping[str, Factors]:
    """Return the factors of every array.

    In the neural tangent parametrisation a layer computes W·x/√n with n inputs. Keeping V = W/√n instead is the same
    network, and since the steps of Adam do not depend on the gradient's scale, it learns the same with a learning rate
    of 1/√n as much; the decay, which is multiplied with that rate, is then √n as much. No step has to multiply by
    1/√n.
    """
    known: dict[str, Factors] = {}
    for name in frame.shapes:
        if name in {"frequency", "phase", "periodic_weight"}:
            known[name] = Factors(recipe.embedding_rate)
        elif name == "periodic_bias":
            known[name] = Factors(recipe.embedding_rate, 0.0)
        elif name == "scale":
            known[name] = Factors(recipe.scale_rate)
        elif name.startswith("blend"):
            known[name] = Factors(recipe.blend_rate)
        elif "bias" in name:
            known[name] = Factors(recipe.bias_rate, 0.0)
        elif "weight" in name and recipe.ntk:
            root = math.sqrt(frame.n_inputs if name == "weight0" else frame.width)
            known[name] = Factors(1 / root, root)
        else:
            known[name] = Factors()
    return known
