"""A table's columns as tokens (FT-Transformer; Gorishniy et al. 2021, arXiv 2106.11959).

A number becomes a learned vector times the number plus another vector, a code becomes the vector of its level, and the
prediction is read from one more token that looks at all others.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from automl.plugin import Features, storable
from automl_torch.nets.branch import Branch
from automl_transformer.encoder import Encoder


@storable("transformer.table")
@dataclass(frozen=True, kw_only=True)
class Table(Branch):
    """The encoded matrix: `cardinalities` of its columns, 0 for numbers, and the encoder's sizes."""

    cardinalities: tuple[int, ...]
    depth: int
    heads: int
    dropout: float

    def __post_init__(self) -> None:
        if len(self.cardinalities) != len(self.columns) or min(self.cardinalities, default=0) < 0:
            raise ValueError("a table needs the number of codes of each column")

    def read(self, features: Features) -> tuple[Tensor, ...]:
        """Return numbers (n_rows, n_numbers) float32 and codes (n_rows, n_coded) int64."""
        matrix = torch.from_numpy(features.matrix.copy())
        coded = torch.tensor([size > 0 for size in self.cardinalities])
        most = torch.tensor([size - 1 for size in self.cardinalities if size], dtype=torch.int64)
        return matrix[:, ~coded], matrix[:, coded].long().clamp(min=0).minimum(most)

    def module(self) -> nn.Module:
        """Return the network."""
        return _TableEncoder(self)


class _TableEncoder(nn.Module):
    def __init__(self, table: Table) -> None:
        super().__init__()
        numbers = sum(size == 0 for size in table.cardinalities)
        sizes = [size for size in table.cardinalities if size]
        width = table.width
        self.register_buffer("first", torch.tensor([sum(sizes[:i]) for i in range(len(sizes))], dtype=torch.int64))
        self.first: Tensor
        self.slope = nn.Parameter(torch.randn(numbers, width) * 0.3)
        self.levels = nn.Parameter(torch.randn(sum(sizes), width) * 0.3)
        self.offset = nn.Parameter(torch.randn(len(table.cardinalities), width) * 0.1)
        self.reader = nn.Parameter(torch.randn(width) * 0.1)
        self.encoder = Encoder(width, table.depth, table.heads, table.dropout)

    def forward(self, numbers: Tensor, codes: Tensor, view: int = 0) -> Tensor:
        """Return (n_rows, width): the token that looks at all others."""
        columns = torch.cat([numbers[:, :, None] * self.slope, self.levels[codes + self.first]], dim=1) + self.offset
        reader = self.reader.expand(len(numbers), 1, -1)
        found: Tensor = self.encoder(torch.cat([reader, columns], dim=1))[:, 0].float()
        return found
