"""The contract of a model family: what a plugin implements and what the engine promises in return."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, Protocol

from automl.data.dataset import Profile
from automl.data.schema import Role
from automl.features.encoding import Encoding
from automl.plugin.backbone import Backbone
from automl.plugin.crossfit import CrossFit, CrossFitJob, fit_folds
from automl.plugin.model import Model, Param, Params
from automl.shelf import Shelf
from automl.task import ALL_TASKS, Task, TaskKind

TABULAR = frozenset({Role.NUMERIC, Role.CATEGORICAL, Role.BOOLEAN, Role.DATETIME, Role.TEXT})
"""Roles that encoders turn into a matrix, so that every family of matrices can learn from them."""


class Suggest(Protocol):
    """The part of an Optuna trial that a search space uses."""

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Choose a float in [low, high]."""
        ...

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """Choose an integer in [low, high]."""
        ...

    def suggest_categorical(self, name: str, choices: list[Param]) -> Param:
        """Choose one of the choices."""
        ...


class ModelFamily(ABC):
    """A kind of model with its strong configurations, its search space and its wishes.

    Families are stateless: one instance serves every trial, in many processes.
    """

    name: ClassVar[str]
    """Unique, as a user would type it: lower case letters, digits and underscores."""
    tasks: ClassVar[frozenset[TaskKind]] = ALL_TASKS
    inputs: ClassVar[frozenset[Role]] = TABULAR
    """Column roles that it can learn from; columns of other roles are not shown to it."""
    out_of_bag: ClassVar[bool] = False
    """Whether `cross_fit` makes one fit stand in for all folds where the job allows it."""
    refit: ClassVar[bool] = False
    """Whether it predicts with one model fitted on all rows, not with the mean of the folds' models; for families whose
    fit needs no score part."""
    elastic: ClassVar[float] = 1.0
    """The share of its `cost`, in (0, 1], that a fit can make do with where the deadline is near, at some loss: by a
    higher learning rate, say, or fewer epochs."""
    imports: ClassVar[tuple[str, ...]] = ()
    """Modules that every fit imports and that take seconds to load. Those that all families of a run name are loaded in
    the workers while the table is read, the others before the time of a worker's first trial of the family begins."""
    expected_failures: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Checks of `automl.testing` that it is known to fail, each with the reason."""

    def accepts(self, task: Task, profile: Profile) -> None:  # noqa: B027 - declining is optional
        """Raise `FamilyDeclined` with a reason where this data is unsuitable ("needs an image column")."""

    def held_back(self, task: Task, profile: Profile) -> str | None:
        """Return why this data is tried only where the user names the family; None, the usual answer, to take part."""
        return None

    @abstractmethod
    def portfolio(self, task: Task, profile: Profile) -> list[Params]:
        """Strong configurations, best first; the first is the default. Each has every parameter of the space."""

    @abstractmethod
    def suggest(self, trial: Suggest, task: Task, profile: Profile) -> Params:
        """Sample the search space; the same names and ranges at every call with the same arguments."""

    def cost(self, params: Params, task: Task, profile: Profile) -> float:
        """Roughly estimate the seconds that one fold takes on one core; measured times correct the scale."""
        return 1e-5 * profile.n_rows * math.sqrt(max(1, profile.count(*Role))) + 0.05

    def encoding(self, params: Params, task: Task) -> Encoding:
        """How these parameters want the columns."""
        return Encoding()

    @abstractmethod
    def build(self, params: Params, task: Task, seed: int) -> Model:
        """Return an unfitted model."""

    def build_again(self, model: Model, params: Params, task: Task, seed: int) -> Model | None:
        """Return an unfitted model that learns without a score part for as long as `model`, read back, did with one.

        It will be fitted on all rows and take the place of `model` where trials are judged on rows that no model has
        learned from. None, the usual answer, keeps `model`; a family that refits is not asked.
        """
        return None

    @property
    def builds_again(self) -> bool:
        """Whether the family has a `build_again` of its own; where none has, no time is kept for it."""
        return type(self).build_again is not ModelFamily.build_again

    @abstractmethod
    def load(self, folder: Path) -> Model:
        """Read back what `Model.save` wrote; never run code from the folder. Raise `ArtifactError` when damaged."""

    def load_beside(self, folder: Path, shelf: Shelf) -> Model:
        """Read back what `Model.save_beside` wrote, by the same rules."""
        return self.load(folder)

    def with_backbone(self, folder: Path) -> ModelFamily | None:
        """Return this family as it starts from the checkpoint in a folder; None, the usual answer, if it reads none.

        Raise `OptionError` where the checkpoint is of a kind that it reads, and cannot be used.
        """
        return None

    def backbones(self) -> tuple[Backbone, ...]:
        """Return the checkpoints that it starts from."""
        return ()

    def cross_fit(self, job: CrossFitJob) -> CrossFit:
        """Fit the job's folds; the default fits one model a fold, in order. Override to fit folds together."""
        return fit_folds(self, job)
