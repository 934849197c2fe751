"""The tabular network of all folds at once: RealMLP with one member, TabM-mini with many."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from automl_torch.activations import blend
from automl_torch.architecture import Architecture
from automl_torch.dropout import Masks
from automl_torch.judged import Judged
from automl_torch.optimiser import Factors
from automl_torch.tables import Tables

_ACTIVATIONS = {"selu": torch.selu, "mish": torch.nn.functional.mish, "relu": torch.relu}
_ABSENT = -1e9  # score of a label that a fold has no rows of, whose probability is then exactly zero


@dataclass(frozen=True)
class Loss:
    """How scores are judged: `smoothing` of labels, in [0, 1); `hits` judges score parts by wrong labels."""

    smoothing: float = 0.0
    hits: bool = False


class TabularNetwork:
    """Numerical embeddings, a diagonal scale, hidden layers with blended activations, and heads.

    `parameters` are those of `frame`, (n_folds, ...) float32, zero wherever a fold's own network is smaller. All those
    zeros have zero gradients, so a fold learns exactly what it would alone. `spread` (n_folds, 1, 1) float32 multiplies
    the first layer (None: all are one); see `Stacked`.
    """

    def __init__(
        self,
        frame: Architecture,
        parameters: Mapping[str, Tensor],
        factors: Mapping[str, Factors],
        tables: Tables,
        spread: Tensor | None,
        loss: Loss,
        seed: int,
    ) -> None:
        self.frame, self.parameters, self.factors, self.tables = frame, parameters, factors, tables
        self.n_folds = tables.train.n_folds
        self._spread, self._loss = spread, loss
        self._masks = Masks(seed)
        self._absent = (~tables.seen).float()[:, None] * _ABSENT
        self._n_seen = tables.seen.sum(dim=1)
        self._all_seen = bool(tables.seen.all())
        for parameter in parameters.values():
            parameter.requires_grad_(True)

    def losses(self, rows: Tensor, dropout: float) -> Tensor:
        """Return (n_folds,) mean losses on rows (n_folds, batch_size) int64: cross-entropy or squared error."""
        train = self.tables.train
        flat = train.flat(rows)
        heads = self.scores(train.dense[flat], train.codes[flat], dropout)
        each = self._each(heads, train.y[flat], self._loss.smoothing)
        if train.weights is not None:
            each = each * train.weights[flat]
        return each.mean(dim=1)

    def judge(self) -> Judged | None:
        """Predict the score parts and judge each row by wrong labels, cross-entropy or squared error."""
        self._masks.refresh()
        score = self.tables.score
        if score is None or score.weights is None:
            return None
        heads = self.scores(score.dense, score.codes, 0.0)
        if not self.tables.classify:
            values = torch.clamp(heads[..., 0].mean(dim=1), self.tables.range[:, :1], self.tables.range[:, 1:])
            return Judged(values[..., None], (values - score.y).square() * score.weights)
        shares = torch.softmax(self._masked(heads), dim=-1).mean(dim=1)
        if self._loss.hits:
            each = (shares.argmax(dim=-1) != score.y).float()
        else:
            each = -torch.log(shares.gather(-1, score.y[..., None])[..., 0].clamp_min(1e-30))
        return Judged(shares, each * score.weights)

    def scores(self, dense: Tensor, codes: Tensor, dropout: float) -> Tensor:
        """Return (n_folds, n_members, n_rows, n_scores) for dense (n_folds, n_rows, ...) and codes."""
        p, frame = self.parameters, self.frame
        folds, n_rows = dense.shape[:2]
        x = self.scaled(dense, codes)
        for layer in range(frame.depth):
            x = torch.baddbmm(p[f"bias{layer}"][:, None], x, p[f"weight{layer}"])
            x = self.activate(x, layer, self._masks.cut(x.shape, dropout))
        members = folds * frame.n_members
        heads = torch.baddbmm(
            p["head_bias"].view(members, 1, -1),
            x.view(members, n_rows, -1),
            p["head_weight"].view(members, frame.width, -1),
        )
        return heads.view(folds, frame.n_members, n_rows, -1)

    def activate(self, x: Tensor, layer: int, mask: Tensor | None = None) -> Tensor:
        """Apply the activation, blended with the identity where that is wanted, and a dropout mask."""
        if self.frame.blended:
            return blend(x, self.parameters[f"blend{layer}"], self.frame.activation, mask)
        active = _ACTIVATIONS[self.frame.activation](x)
        return active if mask is None else active * mask

    def scaled(self, dense: Tensor, codes: Tensor) -> Tensor:
        """Return the first layer's inputs, (n_folds, n_members * n_rows, n_inputs)."""
        inputs, folds = self._inputs(dense, codes), dense.shape[0]
        scale = self.parameters["scale"]
        if self._spread is not None:
            scale = scale * self._spread
        if self.frame.n_members == 1:
            return inputs * scale
        return (inputs[:, None] * scale[:, :, None]).view(folds, -1, self.frame.n_inputs)

    def _inputs(self, dense: Tensor, codes: Tensor) -> Tensor:
        p, frame = self.parameters, self.frame
        folds, n_rows = dense.shape[:2]
        numbers = dense[..., : frame.n_numbers]
        blocks = [dense]
        if "frequency" in p:
            each = numbers.transpose(1, 2).contiguous()[..., None]
            waves = torch.addcmul(p["phase"][:, :, None], each, p["frequency"][:, :, None], value=2 * math.pi).cos()
            columns = folds * frame.n_numbers
            periodic = torch.baddbmm(
                p["periodic_bias"].view(columns, 1, -1),
                waves.view(columns, n_rows, -1),
                p["periodic_weight"].view(columns, frame.n_waves, -1),
            )
            periodic = periodic.view(folds, frame.n_numbers, n_rows, -1).transpose(1, 2)
            blocks = [numbers, periodic.reshape(folds, n_rows, -1), dense[..., frame.n_numbers :]]
        if "table" in p:
            table = p["table"].view(-1, frame.embedding)
            blocks.append(torch.nn.functional.embedding(codes, table).view(folds, n_rows, -1))
        return torch.cat(blocks, dim=-1) if len(blocks) > 1 else dense

    def _each(self, heads: Tensor, y: Tensor, smoothing: float) -> Tensor:
        """Return the loss of each row, the mean over members, each judged alone: (n_folds, n_rows)."""
        if not self.tables.classify:
            return (heads[..., 0] - y[:, None]).square().mean(dim=1)
        logs = torch.log_softmax(self._masked(heads), dim=-1)
        target = y[:, None, :, None].expand(-1, heads.shape[1], -1, 1)
        hit = -logs.gather(-1, target)[..., 0].mean(dim=1)
        if not smoothing:
            return hit
        even = -(logs * self.tables.seen[:, None, None]).sum(dim=-1).mean(dim=1) / self._n_seen[:, None]
        return (1 - smoothing) * hit + smoothing * even

    def _masked(self, heads: Tensor) -> Tensor:
        return heads if self._all_seen else heads + self._absent[:, None]
