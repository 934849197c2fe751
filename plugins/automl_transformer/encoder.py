"""The encoder that texts and tables share: layers of attention, normalised before each part (Xiong et al. 2020,
arXiv 2002.04745).
"""  # fmt: skip

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class Encoder(nn.Module):
    """`depth` layers of `heads` heads on tokens (n_rows, n_tokens, width)."""

    def __init__(self, width: int, depth: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList([_Layer(width, heads, dropout) for _ in range(depth)])
        self.norm = nn.LayerNorm(width)

    def forward(self, tokens: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return tokens of the same shape; `mask` (n_rows, n_tokens) bool is where there is no padding."""
        for layer in self.layers:
            tokens = layer(tokens, mask)
        found: Tensor = self.norm(tokens)
        return found


class _Layer(nn.Module):
    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self._heads, self._dropout = heads, dropout
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.project, self.merge = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.widen, self.narrow = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def forward(self, tokens: Tensor, mask: Tensor | None) -> Tensor:
        n_rows, n_tokens = tokens.shape[:2]
        parts = self.project(self.before(tokens)).reshape(n_rows, n_tokens, 3, self._heads, -1).permute(2, 0, 3, 1, 4)
        lost = self._dropout if self.training else 0.0
        seen = None if mask is None else mask[:, None, None, :]
        mixed = functional.scaled_dot_product_attention(parts[0], parts[1], parts[2], attn_mask=seen, dropout_p=lost)
        tokens = tokens + functional.dropout(self.merge(mixed.transpose(1, 2).flatten(2)), lost)
        wide = functional.dropout(functional.gelu(self.widen(self.between(tokens))), lost)
        return torch.add(tokens, self.narrow(wide))
