"""The base of families whose fitted model is a frozen storable of arrays that predicts by itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from automl.plugin import (
    ArtifactError,
    Features,
    Limits,
    Model,
    ModelFamily,
    Params,
    Part,
    Task,
    TrialFailed,
    load,
    prior,
    save,
    storable,
)

_FILE = "model.npz"


class Fitted(Protocol):
    """What learning leaves: a storable, validated in `__post_init__` because files are not to be trusted."""

    def predict(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return (n_rows, n_outputs) float64 for a (n_rows, n_features) float32 matrix."""
        ...


class ReadsCells(ABC):
    """The same for what reads raw cells, such as texts, beside the matrix."""

    @abstractmethod
    def predict_features(self, features: Features) -> NDArray[np.float64]:
        """Return (n_rows, n_outputs) float64."""


@dataclass(frozen=True)
class Lesson:
    """Everything that learning needs."""

    params: Params
    task: Task
    seed: int
    train: Part
    limits: Limits

    @property
    def matrix(self) -> NDArray[np.float32]:
        """The training rows, (n_rows, n_features) float32."""
        return self.train.features.matrix

    @property
    def classes(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The labels seen (n_seen,) int64, and each row's position among them (n_rows,) int64."""
        seen, position = np.unique(self.train.y.astype(np.int64), return_inverse=True)
        return seen, position.astype(np.int64)

    @property
    def weights(self) -> NDArray[np.float64]:
        """Weights (n_rows,) float64 of mean one."""
        given = self.train.weights
        return np.ones(len(self.train.y)) if given is None else given * (len(given) / given.sum())

    @property
    def prior(self) -> NDArray[np.float64]:
        """The prediction (n_outputs,) float64 of someone who sees no column: label frequencies, or the mean."""
        return prior(self.train, self.task)

    @property
    def hopeless(self) -> bool:
        """Whether there is nothing to learn: no columns, or one label only."""
        blind = self.matrix.shape[1] == 0 and not self.train.features.raw
        return blind or (self.task.is_classification and len(self.classes[0]) == 1)


@storable("classical.constant")
@dataclass(frozen=True)
class Constant:
    """The same prediction (n_outputs,) float64 for every row."""

    values: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.values.ndim != 1 or not np.isfinite(self.values).all():
            raise ValueError("a constant prediction must be a finite vector")

    def predict(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """Repeat the prediction."""
        return np.tile(self.values.astype(np.float64), (len(matrix), 1))


class ArrayFamily(ModelFamily):
    """A family that turns training rows into a `Fitted` value of the class `state`."""

    refit: ClassVar[bool] = True
    state: ClassVar[type[Any]]

    @abstractmethod
    def learn(self, lesson: Lesson) -> Fitted | ReadsCells:
        """Learn from rows that have columns and, for classification, at least two labels."""

    def build(self, params: Params, task: Task, seed: int) -> ArrayModel:
        """Return an unfitted model."""
        return ArrayModel(self, params, task, seed)

    def load(self, folder: Path) -> ArrayModel:
        """Read back a fitted model: arrays only, validated."""
        fitted = load(folder / _FILE, object)
        if not isinstance(fitted, self.state | Constant):
            raise ArtifactError(f"{folder / _FILE}: holds no {self.name} model but {type(fitted).__name__}")
        return ArrayModel.of(fitted)


class ArrayModel(Model):
    """A model whose fitted state is data."""

    def __init__(self, family: ArrayFamily, params: Params, task: Task, seed: int) -> None:
        self._family, self._params, self._task, self._seed = family, params, task, seed
        self._fitted: Fitted | ReadsCells | None = None

    @classmethod
    def of(cls, fitted: Fitted | ReadsCells) -> ArrayModel:
        """Return a model that is fitted already."""
        model = cls.__new__(cls)
        model._fitted = fitted
        return model

    def fit(self, train: Part, score: Part | None, limits: Limits) -> None:
        """Learn from the training rows; the score part is not used."""
        if limits.seconds_left <= 0:
            raise TrialFailed(f"no time left to fit {self._family.name}")
        lesson = Lesson(self._params, self._task, self._seed, train, limits)
        self._fitted = Constant(lesson.prior) if lesson.hopeless else self._family.learn(lesson)

    def predict(self, features: Features) -> NDArray[np.float64]:
        """Return (n_rows, n_outputs) float64."""
        if self._fitted is None:
            raise TrialFailed("asked to predict before fitting: call fit first")
        if isinstance(self._fitted, ReadsCells):
            return self._fitted.predict_features(features)
        return self._fitted.predict(features.matrix)

    def save(self, folder: Path) -> None:
        """Write the fitted state to one file of arrays."""
        save(self._fitted, folder / _FILE)
