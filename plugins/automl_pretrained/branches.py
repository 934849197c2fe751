"""Columns read by pretrained networks that are trained further, and how such a network is saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

import automl_pretrained.images
import automl_pretrained.texts  # noqa: F401 - registers, as the line before, the networks of a saved model
from automl.plugin import ArtifactError, Features, Limits, Shelf, TrialFailed, load, save, storable
from automl_pretrained.libraries import lack
from automl_pretrained.network import Frozen, Network
from automl_pretrained.vectors import vectors_of
from automl_pretrained.weights import Base, base_from
from automl_torch.nets.branch import Branch, Net
from automl_torch.nets.device import device
from automl_torch.nets.fitted import HEAD, WEIGHTS, Fitted, Head
from automl_torch.nets.weights import read_weights, save_weights

_INNER = "net.module."
"""What the names of a pretrained network's weights begin with in the module of its branch."""
_SAMPLE = 128  # cells that are enough for a mean and a scale


@storable("pretrained.tuned")
@dataclass(frozen=True, eq=False, kw_only=True)
class Tuned(Branch):
    """A column and the network that reads it, cells at this `detail`; the last `share` of its layers is trained.

    Their learning rate is `rate_share` of the last layer's, and `rate_decay` times as much from each layer to the one
    before. Its weights are given by `begin`. `mean` and `scale` (width,) float32 are those of what the network makes of
    training cells before it is trained, so that the last layer starts from features of one size.
    """

    network: Network
    detail: int
    share: float
    rate_share: float
    rate_decay: float
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]

    def __post_init__(self) -> None:
        if not self.mean.shape == self.scale.shape == (self.width,):
            raise ValueError("a pretrained branch needs a mean and a scale for each of its values")

    @property
    def base(self) -> Base:
        """The weights to start from."""
        base = self.__dict__.get("base_weights")
        if not isinstance(base, Base):
            raise TrialFailed(f"the branch of '{self.columns[0]}' was not given its weights: call begin first")
        return base

    def begin(self, base: Base) -> Tuned:
        """Give it the weights to start from, which are not stored with it; return itself."""
        self.__dict__["base_weights"] = base
        return self

    def read(self, features: Features) -> tuple[Tensor, ...]:
        """Return the cells as the network reads them, and (n_rows,) float32: 0 where there is none."""
        cells = features.raw[self.columns[0]]
        there = torch.tensor([float(cell is not None) for cell in cells])
        return *self.network.read(list(cells), self.detail), there

    def lengths(self, tensors: tuple[Tensor, ...]) -> Tensor | None:
        """Return lengths where short cells are cheaper."""
        return self.network.lengths(tensors)

    def module(self) -> nn.Module:
        """Return the network with its weights."""
        return _Tuned(self)

    def rates(self, module: nn.Module) -> Mapping[str, float]:
        """Return lower learning rates for the network's weights, the lower the deeper they lie."""
        assert isinstance(module, _Tuned)
        known = {name: self.rate_share * module.net.rate(name) for name, _ in module.net.module.named_parameters()}
        return {f"{_INNER}{name}": rate for name, rate in known.items()}


class _Tuned(nn.Module):
    def __init__(self, branch: Tuned) -> None:
        super().__init__()
        self._branch = branch
        self.net = Frozen(branch.network.build(), branch.share, branch.rate_decay)
        self.missing = nn.Parameter(torch.zeros(branch.width))
        self.mean: Tensor
        self.scale: Tensor
        self.register_buffer("mean", torch.from_numpy(branch.mean), persistent=False)
        self.register_buffer("scale", torch.from_numpy(branch.scale), persistent=False)
        weights = branch.base.tensors
        # What is trained is a copy; all else is the one copy of this process, which nobody writes into.
        own = {name: tensor.clone() if self.net.trains(name) else tensor for name, tensor in weights.items()}
        self.net.module.load_state_dict(own, strict=True, assign=True)

    def forward(self, *tensors: Tensor, view: int = 0) -> Tensor:
        """Return (n_rows, width)."""
        *read, there = tensors
        found = self._branch.network.forward(self.net, read, self._branch.detail)
        return torch.where(there[:, None] > 0, (found - self.mean) / self.scale, self.missing)


@dataclass(frozen=True)
class Plan:
    """How closely cells are read, what is trained, and how fast; see `Tuned`."""

    detail: int
    share: float
    rate_share: float
    rate_decay: float


def start(base: Base, column: str, cells: NDArray[np.object_], plan: Plan) -> Tuned:
    """Return a branch of one column, whose training cells are (n_rows,)."""
    some = cells[:: max(1, len(cells) // _SAMPLE)]
    found = vectors_of(base, some, plan.detail, Limits())
    found = found[np.isfinite(found).all(axis=1)]
    mean, scale = np.zeros(base.network.width, np.float32), np.ones(base.network.width, np.float32)
    if len(found) > 1:
        mean, scale = found.mean(axis=0), np.maximum(found.std(axis=0), 1e-3)
    branch = Tuned(
        columns=(column,),
        width=base.network.width,
        network=base.network,
        detail=plan.detail,
        share=plan.share,
        rate_share=plan.rate_share,
        rate_decay=plan.rate_decay,
        mean=mean,
        scale=scale,
    )
    return branch.begin(base)


def save_tuned(fitted: Fitted, folder: Path, shelf: Shelf) -> None:
    """Write what was trained into the folder, and put on the shelf what was not, once for all models."""
    save(fitted.head, folder / HEAD)
    if fitted.net is None:
        return
    left = _untrained(fitted.net)
    save_weights(
        {name: tensor for name, tensor in fitted.net.state_dict().items() if name not in left}, folder / WEIGHTS
    )
    for branch in fitted.head.branches:
        if isinstance(branch, Tuned) and branch.share < 1.0:
            branch.base.shelve(shelf)


def load_tuned(folder: Path, shelf: Shelf) -> Fitted:
    """Read both back; raise `ArtifactError` where a file is missing, damaged or of another network."""
    head = load(folder / HEAD, Head)
    if not head.branches:
        return Fitted(head, None)
    weights = read_weights(folder / WEIGHTS)
    try:
        for number, branch in enumerate(head.branches):
            if isinstance(branch, Tuned):
                branch.begin(_base_of(branch, number, weights, shelf))
        net = Net(head.branches, head.outcome.n_scores, 0.0)
        left = _untrained(net)
        if set(weights) != set(net.state_dict()) - left:
            raise ValueError("its weights are not those of its architecture")
        net.load_state_dict(weights, strict=False, assign=True)
    except ArtifactError:
        raise
    except Exception as error:  # an architecture from a forged file may fail in any way
        raise ArtifactError(
            f"{folder / WEIGHTS}: the file is damaged ({error!r:.300}); use an intact copy of the model"
        ) from error
    return Fitted(head, net.eval().requires_grad_(False).to(device()))


def _base_of(branch: Tuned, number: int, weights: Mapping[str, Tensor], shelf: Shelf) -> Base:
    """Return what the branch of this number starts from: shared weights, or its own where all of them were trained."""
    if branch.share < 1.0:
        return base_from(branch.network, shelf)
    if why := lack(branch.network.library):
        raise ArtifactError(f"the model {why}")
    prefix = f"branches.{number}.{_INNER}"
    own = {name.removeprefix(prefix): tensor for name, tensor in weights.items() if name.startswith(prefix)}
    return Base(branch.network, own)


def _untrained(net: Net) -> set[str]:
    """Return the names of the weights that all folds have in common."""
    return {
        f"branches.{number}.{_INNER}{name}"
        for number, module in enumerate(net.branches)
        if isinstance(module, _Tuned)
        for name in module.net.module.state_dict()
        if not module.net.trains(name)
    }
