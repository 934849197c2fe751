"""Models of boosting libraries: what a library's own file holds, and everything around it that is the same for all."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from automl.errors import TrialFailed
from automl.features.encoding import Features
from automl.plugin.boosted import BoostedHead
from automl.plugin.model import Limits, Params, Part
from automl.plugin.stopping import StoppedModel
from automl.task import Task

FEW = 512
"""Rows up to which starting threads costs more than they save."""

Head = TypeVar("Head", bound=BoostedHead)
Kept = TypeVar("Kept", str, bytes)


class BoostedModel(StoppedModel, Generic[Head, Kept]):
    """Boosted trees, kept as the text or the bytes of the library's file, so that they pickle; read when first needed.

    `head` is what the file does not say, None before the fit. A fit sets `kept` wherever there is something to boost.
    """

    every_core: ClassVar[int] = 0
    """The number of threads by which the library means all cores."""

    def __init__(self, params: Params, task: Task, seed: int) -> None:
        self.params, self.task, self.seed = dict(params), task, seed
        self.head: Head | None = None
        self.kept: Kept | None = None
        self.threads = 1
        self._trees: Any = None

    @classmethod
    def of(cls, head: Head, kept: Kept | None) -> Self:
        """Return a model read from disk, which predicts on all cores; without trees, nothing is kept."""
        model = cls.__new__(cls)
        model.head, model.kept, model.threads, model._trees = head, kept, cls.every_core, None
        return model

    @abstractmethod
    def look(self, train: Part) -> Head:
        """Return the head of a model of these rows."""

    @abstractmethod
    def boost(self, head: Head, train: Part, score: Part | None, limits: Limits) -> Kept:
        """Grow trees until the score part's loss stops falling, or for a fixed number of rounds without one.

        Return what to keep of them, and set `stopped`.
        """

    @abstractmethod
    def read(self, kept: Kept) -> Any:
        """Return the library's trees; raise what the library raises where the file is damaged."""

    @abstractmethod
    def outputs(self, trees: Any, head: Head, matrix: NDArray[np.float32], threads: int) -> NDArray[np.float64]:
        """Return probabilities (n_rows, n_labels) or values (n_rows, 1)."""

    def fit(self, train: Part, score: Part | None, limits: Limits) -> None:
        """Boost, where there is something to boost."""
        if limits.seconds_left <= 0:
            raise TrialFailed("no time left to boost")
        self.threads, self._trees = limits.threads, None
        self.head = head = self.look(train)
        if head.boosted:
            self.kept = self.boost(head, train, score, limits)

    def predict(self, features: Features) -> NDArray[np.float64]:
        """Return (n_rows, n_labels) probabilities or (n_rows, 1) values."""
        head, n_rows, n_features = self.head, *features.matrix.shape
        if head is None:
            raise TrialFailed("asked to predict before fitting: call fit first")
        if not head.boosted or not n_rows:
            return head.constant(n_rows)
        if n_features != head.n_features:
            raise TrialFailed(f"fitted on {head.n_features} columns, but asked to predict {n_features}")
        return self.outputs(self.parsed(), head, features.matrix, 1 if n_rows <= FEW else self.threads)

    def parsed(self) -> Any:
        """Return the library's trees, read at the first call."""
        if self._trees is None:
            assert self.kept is not None
            self._trees = self.read(self.kept)
        return self._trees

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_trees": None}
