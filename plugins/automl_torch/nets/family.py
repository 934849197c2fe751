"""What the families of networks that read images, texts and sequences share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from automl.plugin import (
    Encoding,
    FamilyDeclined,
    Features,
    Limits,
    ModelFamily,
    Param,
    Params,
    Part,
    Profile,
    Role,
    Task,
    TrialFailed,
)
from automl_torch.model import TorchModel
from automl_torch.params import OPTIMISERS, REMEDY, affordable

if TYPE_CHECKING:
    from automl_torch.nets.branch import Branch
    from automl_torch.nets.fitted import Fitted  # noqa: F401 - named as text, since it imports torch
    from automl_torch.nets.regime import Regime

SHARE = 0.35
"""Of a run's seconds, what the folds of a portfolio entry may take, on one core."""
NUMBERS_WIDTH = 64


class NetFamily(ModelFamily):
    """A family of networks with a branch for each column of text, images or sequences that it reads, and one more for
    everything that becomes numbers.
    """  # fmt: skip

    inputs: ClassVar[frozenset[Role]] = frozenset(Role) - {Role.DROPPED}
    reads: ClassVar[frozenset[Role]]
    """The roles of which a table must have a column; others are read beside them."""
    most_rows: ClassVar[int] = 200_000
    elastic = 0.5  # a rushed fit goes through its schedule in fewer steps
    libraries: ClassVar[tuple[str, ...]] = ("torch", "safetensors")
    imports: ClassVar[tuple[str, ...]] = ("automl_torch.nets.fitting", *OPTIMISERS)

    @abstractmethod
    def branches(self, params: Params, task: Task, train: Part, seed: int) -> Sequence[Branch]:
        """Return the branches that read the columns of these training rows."""

    @abstractmethod
    def regime(self, params: Params, task: Task) -> Regime:
        """Return how these parameters train."""

    @abstractmethod
    def register(self) -> None:
        """Import the modules whose storable branches a saved network may hold."""

    @abstractmethod
    def dropout(self, params: Params) -> float:
        """Return the dropout before the last layer."""

    def accepts(self, task: Task, profile: Profile) -> None:
        """Decline tables without a column to read, very large ones, and installations without torch."""
        missing = [name for name in self.libraries if find_spec(name) is None]
        if missing:
            raise FamilyDeclined(f"needs {' and '.join(missing)}, not installed: {REMEDY}")
        if not profile.count(*self.reads):
            raise FamilyDeclined(f"needs a column of {' or '.join(sorted(self.reads))}, and there is none")
        if profile.n_rows > self.most_rows:
            raise FamilyDeclined(f"needs at most {self.most_rows:,} rows, but there are {profile.n_rows:,}")

    def encoding(self, params: Params, task: Task) -> Encoding:
        """Cells of texts, images and sequences as they are; the rest as robustly scaled numbers without gaps."""
        return Encoding(
            "robust",
            missing="impute",
            categorical="onehot",
            onehot_max=32,
            text="raw",
            images="raw" if Role.IMAGE in self.inputs else "drop",
            sequences="raw",
        )

    def build(self, params: Params, task: Task, seed: int) -> NetModel:
        """Return an unfitted model."""
        return NetModel(self, params, task, seed)

    def load(self, folder: Path) -> NetModel:
        """Read back a fitted network: arrays only, of the shapes that its architecture says."""
        from automl_torch.nets.fitted import load_fitted

        self.register()
        return NetModel.of(load_fitted(folder))

    def affordable(
        self, entry: Params, epochs: Sequence[Param], task: Task, profile: Profile, share: float = SHARE
    ) -> Params:
        """Take fewer of these epochs, longest first, where the folds would take more than this share of the run."""
        if profile.seconds is None:
            return entry
        seconds = share * profile.seconds
        return affordable(entry, epochs, lambda other: profile.folds * self.cost(other, task, profile) <= seconds)


class NetModel(TorchModel[NetFamily, "Fitted"]):
    """A network of modules."""

    def fit(self, train: Part, score: Part | None, limits: Limits) -> None:
        """Train; the score part decides which epoch is kept."""
        from automl_torch.nets.branch import Numbers
        from automl_torch.nets.fitting import fit

        if limits.seconds_left <= 0:
            raise TrialFailed("no time left to train a network")
        family, params, task, seed = self.family, self.params, self.task, self.seed
        branches = list(family.branches(params, task, train, seed))
        read = {name for branch in branches for name in branch.columns}
        others = tuple(name for name in train.features.names if name not in read)
        if others:
            branches.append(Numbers(others, NUMBERS_WIDTH))
        regime, dropout = family.regime(params, task), family.dropout(params)
        self.fitted, self.stopped = fit(train, score, task, branches, regime, dropout, seed, limits)

    def predict(self, features: Features) -> NDArray[np.float64]:
        """Return (n_rows, n_labels) probabilities or (n_rows, 1) values."""
        return self.fitted.predict(features)
