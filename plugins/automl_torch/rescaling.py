"""The first batch sets the size of hidden weights and the biases (Holzmüller 2024, appendix A)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from automl_torch.network import TabularNetwork

_ROWS = 256
_POINTS = 5
_SMALLEST = 1e-4  # deviation below which a neuron sees a constant, and dividing would only enlarge noise


def rescale(network: TabularNetwork, n_rows: Sequence[int], generators: Sequence[np.random.Generator]) -> None:
    """Give every hidden neuron unit variance on random rows of its fold, layer by layer.

    Biases follow "he+5" (Steinwart 2019, arXiv 1903.11482): a neuron's zero lies at a random point between five of the
    rows, so that the zeros are where the data is.
    """
    width, depth = network.frame.width, network.frame.depth
    rows = np.stack([g.integers(0, n, _ROWS) for n, g in zip(n_rows, generators, strict=True)])
    corners = np.stack([g.integers(0, _ROWS, (depth, _POINTS, width)) for g in generators])
    shares = np.stack([g.dirichlet(np.ones(_POINTS), (depth, width)) for g in generators]).astype(np.float32)
    train = network.tables.train
    flat = train.flat(torch.from_numpy(rows))
    with torch.no_grad():
        x = network.scaled(train.dense[flat], train.codes[flat])
        for layer in range(depth):
            weight, bias = network.parameters[f"weight{layer}"], network.parameters[f"bias{layer}"]
            x = torch.bmm(x, weight)
            deviation = x.std(dim=1, keepdim=True, correction=0)
            deviation[deviation < _SMALLEST] = 1.0
            weight.div_(deviation)
            x.div_(deviation)
            share = torch.from_numpy(shares[:, layer]).transpose(1, 2)
            bias.copy_(-(x.gather(1, torch.from_numpy(corners[:, layer])) * share).sum(dim=1))
            x = network.activate(x + bias[:, None], layer)
