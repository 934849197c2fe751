"""A bidirectional recurrent layer, packed by length, whose steps are weighed by attention.

The pooling is that of Yang et al. 2016 ("Hierarchical attention networks for document classification"): a step's weight
is how well a small layer of it agrees with a learned vector. The maximum over the steps is given beside it.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from automl_torch.nets.series import mask_of

Cell = Literal["gru", "lstm"]


class Recurrent(nn.Module):
    """From steps (n_rows, n_steps, n_inputs) to (n_rows, 4 * hidden) float32."""

    def __init__(self, n_inputs: int, hidden: int, cell: Cell) -> None:
        super().__init__()
        layer = nn.GRU if cell == "gru" else nn.LSTM
        self.layer = layer(n_inputs, hidden, batch_first=True, bidirectional=True)
        self.agreement = nn.Sequential(nn.Linear(2 * hidden, hidden), nn.Tanh(), nn.Linear(hidden, 1, bias=False))

    def forward(self, steps: Tensor, lengths: Tensor) -> Tensor:
        """Return the steps' weighted mean and their maximum, padding left out."""
        packed = pack_padded_sequence(steps, lengths.cpu(), batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(self.layer(packed)[0], batch_first=True)
        mask = mask_of(lengths, states.shape[1])[:, :, None]
        shares = self.agreement(states).masked_fill(~mask, -1e4).softmax(dim=1)
        return torch.cat([(states * shares).sum(dim=1), states.masked_fill(~mask, -1e4).amax(dim=1)], dim=1).float()
