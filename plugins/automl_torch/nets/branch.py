"""The part of a network that reads one column, or several columns together."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from automl.plugin import Features, storable
from automl_torch.nets.examples import Inputs


@dataclass(frozen=True)
class Branch(ABC):
    """How the cells of some columns become tensors, and the module that reads them: learned on training rows, then
    data. Subclasses are storable. `width` is the number of values that the module gives for a row.
    """  # fmt: skip

    columns: tuple[str, ...]
    width: int

    @abstractmethod
    def read(self, features: Features) -> tuple[Tensor, ...]:
        """Return tensors (n_rows, ...)."""

    @abstractmethod
    def module(self) -> nn.Module:
        """Return a module of these tensors and `view`, from 0 to `views` - 1, that gives (n_rows, width) float32."""

    @property
    def views(self) -> int:
        """How many ways of looking at a row predictions are averaged over (2 where a mirrored image is as good)."""
        return 1

    def lengths(self, tensors: tuple[Tensor, ...]) -> Tensor | None:
        """Return (n_rows,) int64 where short rows are cheaper, so that rows of like length share a batch."""
        return None

    def rates(self, module: nn.Module) -> Mapping[str, float]:
        """Return factors of the learning rate by the names of the module's parameters; what is left out has 1."""
        return {}


@storable("torch.numbers")
@dataclass(frozen=True)
class Numbers(Branch):
    """The encoded matrix, read by a small multilayer perceptron with `dropout`."""

    dropout: float = 0.1

    def read(self, features: Features) -> tuple[Tensor, ...]:
        """Return the matrix, (n_rows, n_features) float32."""
        return (torch.from_numpy(features.matrix.copy()),)

    def module(self) -> nn.Module:
        """Return the perceptron."""
        return _Perceptron(len(self.columns), self.width, self.dropout)


class _Perceptron(nn.Module):
    def __init__(self, n_inputs: int, width: int, dropout: float) -> None:
        super().__init__()
        layers = [nn.Linear(n_inputs, width), nn.GELU(), nn.Dropout(dropout), nn.Linear(width, width), nn.GELU()]
        self.layers = nn.Sequential(*layers)

    def forward(self, matrix: Tensor, view: int = 0) -> Tensor:
        """Return (n_rows, width)."""
        found: Tensor = self.layers(matrix)
        return found


class Net(nn.Module):
    """Branches side by side, dropout, and one linear layer to the scores.

    `rates` are factors of the learning rate by the names of parameters; what is not there has 1.
    """

    def __init__(self, branches: Sequence[Branch], n_scores: int, dropout: float) -> None:
        super().__init__()
        self.branches = nn.ModuleList([branch.module() for branch in branches])
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(sum(branch.width for branch in branches), n_scores)
        known = [branch.rates(module) for branch, module in zip(branches, self.branches, strict=True)]
        self.rates = {f"branches.{i}.{name}": rate for i, rates in enumerate(known) for name, rate in rates.items()}

    def forward(self, inputs: Inputs, view: int = 0) -> Tensor:
        """Return scores (n_rows, n_scores) of each branch's tensors."""
        parts = [branch(*tensors, view=view) for branch, tensors in zip(self.branches, inputs, strict=True)]
        scores: Tensor = self.head(self.dropout(torch.cat(parts, dim=1)))
        return scores


def read_all(branches: Sequence[Branch], features: Features) -> tuple[Inputs, Tensor | None]:
    """Return the tensors of all branches, and the lengths of the first one that has any."""
    inputs = tuple(branch.read(features) for branch in branches)
    known = (branch.lengths(tensors) for branch, tensors in zip(branches, inputs, strict=True))
    return inputs, next((lengths for lengths in known if lengths is not None), None)
