"""What models of networks have in common: who makes them, what was fitted, and how it is saved."""

from __future__ import annotations

from pathlib import Path
from typing import Generic, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from automl.plugin import ModelFamily, Params, StoppedModel, Task, TrialFailed


class Saved(Protocol):
    """A fitted network."""

    def save(self, folder: Path) -> None:
        """Write weights and everything else in formats that run no code when read."""
        ...


Family = TypeVar("Family", bound=ModelFamily)
Fitted = TypeVar("Fitted", bound=Saved)


class TorchModel(StoppedModel, Generic[Family, Fitted]):
    """A network behind the contract of a model; a fit sets `fitted`."""

    def __init__(self, family: Family, params: Params, task: Task, seed: int) -> None:
        self.family, self.params, self.task, self.seed = family, dict(params), task, seed
        self._fitted: Fitted | None = None

    @classmethod
    def of(cls, fitted: Fitted, stopped: NDArray[np.float64] | None = None) -> Self:
        """Return a model that is fitted already; `stopped` are honest predictions of its score part."""
        model = cls.__new__(cls)
        model.fitted, model.stopped = fitted, stopped
        return model

    @property
    def fitted(self) -> Fitted:
        """The network and its learning curve; raises `TrialFailed` before the fit."""
        if self._fitted is None:
            raise TrialFailed("a network was asked for before it was fitted: call fit first")
        return self._fitted

    @fitted.setter
    def fitted(self, fitted: Fitted) -> None:
        self._fitted = fitted

    def save(self, folder: Path) -> None:
        """Write the weights with safetensors and the rest as a storable."""
        self.fitted.save(folder)
