"""A fitted network of modules: it predicts, and is a safetensors file and a storable beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from automl.plugin import ArtifactError, Features, load, save, storable
from automl_torch.curve import Curve
from automl_torch.nets.branch import Branch, Net, read_all
from automl_torch.nets.device import device
from automl_torch.nets.train import predict
from automl_torch.nets.weights import read_weights, save_weights
from automl_torch.outcome import Outcome

HEAD = "network.npz"
WEIGHTS = "weights.safetensors"


@storable("torch.net")
@dataclass(frozen=True)
class Head:
    """What the weights do not say. `branches` is empty and `curve` None where there was nothing to learn."""

    outcome: Outcome
    branches: tuple[Branch, ...] = ()
    curve: Curve | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.outcome, Outcome) or not isinstance(self.curve, Curve | None):
            raise TypeError("a network's file must hold an outcome and a learning curve")
        if not all(isinstance(branch, Branch) for branch in self.branches):
            raise TypeError("a network's file must hold branches")


@dataclass(frozen=True)
class Fitted:
    """A head and the network in evaluation mode, None where there was nothing to learn."""

    head: Head
    net: Net | None

    def predict(self, features: Features) -> NDArray[np.float64]:
        """Return (n_rows, n_outputs) float64, the mean over the branches' views."""
        outcome = self.head.outcome
        if self.net is None or not features.n_rows:
            return np.tile(outcome.prior.astype(np.float64), (features.n_rows, 1))
        inputs, lengths = read_all(self.head.branches, features)
        where = next(self.net.parameters()).device
        views = max(branch.views for branch in self.head.branches)
        scores = [predict(self.net, inputs, features.n_rows, where, lengths, view).numpy() for view in range(views)]
        return outcome.predictions(np.stack(scores))

    def save(self, folder: Path) -> None:
        """Write both files; a model that learned nothing has no weights."""
        save(self.head, folder / HEAD)
        if self.net is not None:
            save_weights(self.net.state_dict(), folder / WEIGHTS)


def load_fitted(folder: Path) -> Fitted:
    """Read back a network; raise `ArtifactError` where a file is missing, damaged or of another network.

    The modules of the branches must have been imported: only what is registered as storable can be read.
    """
    head = load(folder / HEAD, Head)
    if not head.branches:
        return Fitted(head, None)
    path = folder / WEIGHTS
    weights = read_weights(path)
    try:
        with torch.device("meta"):  # a planted architecture must not use up the memory
            net = Net(head.branches, head.outcome.n_scores, 0.0)
        net.load_state_dict(weights, strict=True, assign=True)
    except (RuntimeError, ValueError, TypeError, KeyError, ArithmeticError, IndexError) as error:
        raise ArtifactError(f"{path}: the file is damaged ({error}); use an intact copy of the model") from error
    return Fitted(head, net.eval().requires_grad_(False).to(device()))
