"""What there is to say about a checkpoint's network beside its weights."""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from automl.plugin import Role

# The number of a layer in the names of its weights, in the libraries' models.
_LAYER = re.compile(r"\b(?:layers?|blocks?|stages?|h)[._]?(\d+)\b")
_FIRST = re.compile(r"embed|^conv1|^bn1|^stem|token|^conv_stem|^patch")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class Network(ABC):
    """A network without its last layer, that turns a cell of a column into `width` values; subclasses are storable.

    `config` is the architecture in JSON, `digest` the SHA-256 of the weights, and `size` the number of those that are
    multiplied with every token or pixel. How closely a cell is read is a `detail`, one of `details`: tokens of a text,
    or pixels on a side of an image.
    """

    config: str
    digest: str
    size: int
    width: int
    details: tuple[int, ...]

    def __post_init__(self) -> None:
        if not _DIGEST.fullmatch(self.digest) or not self.details or min(self.details) < 1:
            raise ValueError("a network needs the SHA-256 of its weights, and details of at least one")

    @property
    @abstractmethod
    def library(self) -> str:
        """The name of the library that builds it."""

    @property
    @abstractmethod
    def role(self) -> Role:
        """The role of the columns that it reads."""

    @property
    def shelved(self) -> str:
        """The name of its weights among the files that models share."""
        return f"{self.digest}.safetensors"

    @abstractmethod
    def build(self) -> nn.Module:
        """Return the network with other weights; changes no random generator. May raise anything."""

    @abstractmethod
    def read(self, cells: Sequence[Any], detail: int) -> tuple[Tensor, ...]:
        """Return cells as tensors (n_rows, ...); a missing one is read as if it were empty."""

    @abstractmethod
    def forward(self, module: nn.Module, tensors: Sequence[Tensor], detail: int) -> Tensor:
        """Return what `module` makes of these tensors, (n_rows, width) float32."""

    @abstractmethod
    def products(self, detail: int) -> float:
        """Estimate the multiplications for one cell."""

    def lengths(self, tensors: Sequence[Tensor]) -> Tensor | None:
        """Return (n_rows,) int64 where short cells are cheaper."""
        return None


def heights(names: Sequence[str]) -> dict[str, float]:
    """Return how far each of these weights is from the input, in [0, 1], judged by the numbers in their names.

    Embeddings and stems are at 0, what follows the last layer at 1.
    """
    found = {name: _LAYER.search(name) for name in names}
    numbers = [int(match[1]) for match in found.values() if match]
    first, last = min(numbers, default=0), max(numbers, default=0)
    known = {}
    for name, match in found.items():
        if match:
            known[name] = (int(match[1]) - first + 1) / (last - first + 1)
        else:
            known[name] = 0.0 if _FIRST.search(name) else 1.0
    return known


def layers(names: Sequence[str]) -> int:
    """Return the number of layers that the names tell of, at least one."""
    return max(1, len({height for height in heights(names).values() if height > 0}))


class Frozen(nn.Module):
    """A network whose normalisation keeps the statistics it came with, and of which the first layers are not trained.

    `share` is that of the layers that are, counted from the last; `decay` multiplies the learning rate from each layer
    to the one before (discriminative fine-tuning: Howard and Ruder 2018, arXiv 1801.06146).
    """

    def __init__(self, module: nn.Module, share: float, decay: float) -> None:
        super().__init__()
        self.module = module
        names = list(module.state_dict())
        self._heights, self._layers = heights(names), layers(names)
        self._decay, self._lowest = decay, 1.0 - share
        for name, parameter in module.named_parameters():
            parameter.requires_grad_(self.trains(name))

    def trains(self, name: str) -> bool:
        """Whether a weight of the module is trained: one of the layers' share, or of embeddings where that is all."""
        return self._heights.get(name, 1.0) > self._lowest + 1e-6 or self._lowest <= 0.0

    def rate(self, name: str) -> float:
        """Return the factor of the learning rate for a weight of the module."""
        return math.pow(self._decay, (1.0 - self._heights.get(name, 1.0)) * self._layers)

    def train(self, mode: bool = True) -> Frozen:
        """Set the mode of everything but batch normalisation, whose batches would be too small to learn from."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.eval()
        return self

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the module does."""
        return self.module(*args, **kwargs)


def batches(n_rows: int, lengths: Tensor | None, most: int, budget: int) -> list[Tensor]:
    """Cut rows into batches of at most `most`, fewer where they are long: rows times the longest is within `budget`."""
    if lengths is None:
        return list(torch.split(torch.arange(n_rows), most))
    order = lengths.argsort(stable=True, descending=True)
    cut, start = [], 0
    while start < n_rows:
        size = max(1, min(most, budget // max(1, int(lengths[order[start]]))))
        cut.append(order[start : start + size])
        start += size
    return cut
