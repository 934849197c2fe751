"""A fitted network of modules: it predicts, and is a safetensors file and a storable beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from automl.plugin import ArtifactError, Features, load, save, storable
from automl_torch.curve import Curve
from automl_torch.nets.branch import Branch, Net, read_all
from automl_torch.nets.device import device
from automl_torch.nets.examples import Examples, Inputs
from automl_torch.nets.kept import Kept
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
        return self._outputs(inputs, features.n_rows, lengths)

    def out_of_fold(self, score: Examples, kept: Kept) -> NDArray[np.float64]:
        """Predict a score part, (n_score, n_outputs) float64, each row by weights that it had no say in.

        The network ends with the weights that it has now.
        """
        assert self.net is not None  # only what has learned has kept weights
        found = np.empty((len(score), len(self.head.outcome.prior)))
        for weights, rows in kept.shares():
            self.net.load_state_dict(weights)
            some = score.some(torch.from_numpy(rows))
            found[rows] = self._outputs(some.inputs, len(rows), some.lengths)
        self.net.load_state_dict(kept.best)
        return found

    def _outputs(self, inputs: Inputs, n_rows: int, lengths: Tensor | None) -> NDArray[np.float64]:
        assert self.net is not None
        where = next(self.net.parameters()).device
        views = range(max(branch.views for branch in self.head.branches))
        scores = [predict(self.net, inputs, n_rows, where, lengths, view).numpy() for view in views]
        return self.head.outcome.predictions(np.stack(scores))

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
