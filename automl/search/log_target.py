"""Skewed targets: each family may learn the logarithm of the target instead, as a parameter of its search space.

Squared errors of a skewed target are those of a few large values; errors of its logarithm are relative ones, which are
alike everywhere. Which of the two a model learns better differs from table to table, and a blend of both is mostly
better than either (four-fold RMSE of LightGBM: diamonds -2.8%, insurance -1.6%, taxi fares -1.5%, Ames -1.3%).
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from automl.data.dataset import Dataset, Profile
from automl.data.folds import Fold
from automl.features.encoding import Encoding, Features
from automl.features.numbers import skewness
from automl.plugin.backbone import Backbone
from automl.plugin.crossfit import CrossFit, CrossFitJob
from automl.plugin.family import ModelFamily, Suggest
from automl.plugin.model import Limits, Model, Param, Params, Part
from automl.shelf import Shelf
from automl.storage import load, save, storable
from automl.task import Task

LOG_TARGET = "log_target"
"""The parameter that says whether a model learns the logarithm."""

_SKEWED = 1.0  # a larger skewness is called high (Bulmer, Principles of Statistics, 1979)
_UNIT_AT = 0.05  # the quantile of targets above 0 that is the unit: what is smaller counts nearly as it is
_FILE = "log_target.npz"


@storable("log_scale")
@dataclass(frozen=True)
class LogScale:
    """`log(1 + y / unit)` and back; `highest` is the largest target of training, which no prediction exceeds."""

    unit: float
    highest: float

    @classmethod
    def of_dataset(cls, dataset: Dataset) -> LogScale | None:
        """Return the scale of a dataset's target where it is a number that is better learned on one, else None."""
        return None if dataset.task.is_classification else cls.of(dataset.y.astype(np.float64))

    @classmethod
    def of(cls, y: NDArray[np.float64]) -> LogScale | None:
        """Return the scale of targets (n_rows,) that are skewed, none below 0, and less skewed on it; else None."""
        above = y[y > 0]
        if not len(above) or y.min() < 0:
            return None
        scale = cls(float(np.quantile(above, _UNIT_AT)), float(y.max()))
        before, after = skewness(np.column_stack([y, scale.forward(y)]))
        return scale if before > _SKEWED and abs(after) < before else None

    def __post_init__(self) -> None:
        if not (np.isfinite([self.unit, self.highest]).all() and self.unit > 0 and self.highest >= 0):
            raise ValueError(f"a scale needs a unit above 0 and a highest target, not {self.unit} and {self.highest}")

    def forward(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the logarithms of targets, in their shape."""
        return np.log1p(y / self.unit)

    def back(self, logarithms: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return targets, in the shape of the logarithms, within what training showed: 0 to `highest`.

        A little too much on this scale is a lot on the other. What is not finite stays so, for the engine to refuse.
        """
        limited = np.minimum(logarithms, np.log1p(self.highest / self.unit))
        return np.maximum(self.unit * np.expm1(limited), 0.0)


class LogTargetModel(Model):
    """A model of the logarithm, which predicts on the scale of the target itself."""

    def __init__(self, model: Model, scale: LogScale) -> None:
        self.inner, self._scale = model, scale

    def fit(self, train: Part, score: Part | None, limits: Limits) -> None:
        """Learn the logarithms of the parts' targets."""
        self.inner.fit(on_scale(train, self._scale), None if score is None else on_scale(score, self._scale), limits)

    def predict(self, features: Features) -> NDArray[np.float64]:
        """Return (n_rows, 1) values."""
        return self._scale.back(self.inner.predict(features))

    def predict_score(self, features: Features) -> NDArray[np.float64]:
        """Predict the score part as the model itself does."""
        return self._scale.back(self.inner.predict_score(features))

    def save(self, folder: Path) -> None:
        """Write the model, and the scale beside it."""
        self.inner.save(folder)
        save(self._scale, folder / _FILE)

    def save_beside(self, folder: Path, shelf: Shelf) -> None:
        """Write both, what the model shares with others on the shelf."""
        self.inner.save_beside(folder, shelf)
        save(self._scale, folder / _FILE)


def on_scale(part: Part, scale: LogScale) -> Part:
    """Return the part with the logarithms of its targets."""
    return replace(part, y=scale.forward(part.y.astype(np.float64)))


def load_model(family: ModelFamily, folder: Path, shelf: Shelf) -> Model:
    """Read back what a model of the family, or a `LogTargetModel` around one, wrote; raise what the family raises."""
    return _scaled(family.load_beside(folder, shelf), folder)


def _scaled(model: Model, folder: Path) -> Model:
    """Put a model on the scale that lies beside it, if one does."""
    path = folder / _FILE
    return LogTargetModel(model, load(path, LogScale)) if path.exists() else model


class LogTargetFamily(ModelFamily):
    """Another family, whose models may learn the logarithm of the target."""

    def __init__(self, family: ModelFamily, scale: LogScale) -> None:
        for fact in inspect.get_annotations(ModelFamily):  # its name, its tasks and all else that it declares
            setattr(self, fact, getattr(family, fact))
        self._family, self._scale = family, scale

    def accepts(self, task: Task, profile: Profile) -> None:
        """Decline what the family declines."""
        self._family.accepts(task, profile)

    def held_back(self, task: Task, profile: Profile) -> str | None:
        """Answer as the family does."""
        return self._family.held_back(task, profile)

    def portfolio(self, task: Task, profile: Profile) -> list[Params]:
        """Return the family's entries, now on one scale, now on the other; the default on both."""
        entries = self._family.portfolio(task, profile)
        both = [{**entry, LOG_TARGET: flag} for entry in entries[:1] for flag in (False, True)]
        return [*both, *({**entry, LOG_TARGET: index % 2 == 0} for index, entry in enumerate(entries[1:]))]

    def suggest(self, trial: Suggest, task: Task, profile: Profile) -> Params:
        """Sample the family's space and the scale."""
        params = self._family.suggest(trial, task, profile)
        return {**params, LOG_TARGET: trial.suggest_categorical(LOG_TARGET, [False, True])}

    def cost(self, params: Params, task: Task, profile: Profile) -> float:
        """Estimate as the family does."""
        return self._family.cost(_own(params), task, profile)

    def encoding(self, params: Params, task: Task) -> Encoding:
        """Wish for what the family wishes for."""
        return self._family.encoding(_own(params), task)

    def build(self, params: Params, task: Task, seed: int) -> Model:
        """Return an unfitted model of the family's, on the scale that the parameters say."""
        model = self._family.build(_own(params), task, seed)
        return LogTargetModel(model, self._scale) if params.get(LOG_TARGET) else model

    def build_again(self, model: Model, params: Params, task: Task, seed: int) -> Model | None:
        """Return what the family returns, on the scale of the model."""
        inner = model.inner if isinstance(model, LogTargetModel) else model
        again = self._family.build_again(inner, _own(params), task, seed)
        return again if again is None or inner is model else LogTargetModel(again, self._scale)

    @property
    def builds_again(self) -> bool:
        """Whether the family does."""
        return self._family.builds_again

    def load(self, folder: Path) -> Model:
        """Read back a model on either scale."""
        return _scaled(self._family.load(folder), folder)

    def load_beside(self, folder: Path, shelf: Shelf) -> Model:
        """Read back a model on either scale, and what it shares with others."""
        return load_model(self._family, folder, shelf)

    def with_backbone(self, folder: Path) -> ModelFamily | None:
        """Start from what the family reads."""
        found = self._family.with_backbone(folder)
        return None if found is None else LogTargetFamily(found, self._scale)

    def backbones(self) -> tuple[Backbone, ...]:
        """Return the family's checkpoints."""
        return self._family.backbones()

    def cross_fit(self, job: CrossFitJob) -> CrossFit:
        """Fit the job as the family does, with the targets on the scale that the parameters say."""
        own, scale = replace(job, params=_own(job.params)), self._scale
        if not job.params.get(LOG_TARGET):
            return self._family.cross_fit(own)

        def encode(fold: Fold, encoding: Encoding) -> tuple[Part, Part]:
            train, score = job.encode(fold, encoding)
            return on_scale(train, scale), on_scale(score, scale)

        fit = self._family.cross_fit(
            replace(
                own,
                encode=encode,
                encode_all=lambda encoding: on_scale(job.encode_all(encoding), scale),
                go_on=lambda position, prediction: job.go_on(position, scale.back(prediction)),
            )
        )
        return replace(
            fit,
            predictions=tuple(scale.back(prediction) for prediction in fit.predictions),
            models=tuple(replace(item, model=LogTargetModel(item.model, scale)) for item in fit.models),
        )


def _own(params: Params) -> dict[str, Param]:
    """Return the parameters that the family itself knows."""
    return {name: value for name, value in params.items() if name != LOG_TARGET}
