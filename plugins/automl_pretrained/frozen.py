"""Frozen features of pretrained networks, and a linear layer that learns from them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from automl.plugin import (
    ArtifactError,
    CrossFit,
    CrossFitJob,
    Features,
    Limits,
    Model,
    Param,
    Params,
    Part,
    Profile,
    Shelf,
    Suggest,
    Task,
    TrialFailed,
    fit_folds,
    learned_portfolio,
    load,
    real,
    save,
    whole,
)
from automl_pretrained.backed import BackedFamily, detail_name

if TYPE_CHECKING:
    from automl_pretrained.features import Learned, Reading
    from automl_pretrained.weights import Base

FEATURES = "features.npz"
_SHARE = 0.25  # of a run's seconds that reading all rows once may take, on one core


class Pretrained(BackedFamily):
    """The mean of a text's last hidden states, an image's pooled features, other columns beside: logistic or ridge.

    The network is run once for each cell, whatever the fold. One model is fitted on all rows in the end, so that a
    prediction runs it once as well.
    """

    name = "pretrained"
    refit: ClassVar[bool] = True
    imports: ClassVar[tuple[str, ...]] = ("automl_pretrained.features",)

    def portfolio(self, task: Task, profile: Profile) -> list[Params]:
        """Three strengths of the penalty, at the closest reading that there is time for."""
        closest = self._affordable(profile)
        strengths = (1.0, 0.1, 10.0) if task.is_classification else (0.1, 1.0, 0.01)
        entries = learned_portfolio(self, [{**closest, "C": C} for C in strengths], task, profile)
        return [{**entry, **closest} for entry in entries]

    def suggest(self, trial: Suggest, task: Task, profile: Profile) -> Params:
        """Sample how closely cells are read, and the inverse of the penalty's strength."""
        params: dict[str, Param] = {"C": trial.suggest_float("C", 1e-3, 100.0, log=True)}
        for name, details in self.details.items():
            params[name] = trial.suggest_categorical(name, details)
        return params

    def cost(self, params: Params, task: Task, profile: Profile) -> float:
        """Estimate for a fold: its part of reading each row once, and the descent."""
        reading = self.seconds_to_read(params, profile) / max(1, profile.folds)
        descent = 2e-7 * profile.n_rows * sum(one.network.width for one in self.checkpoints)
        return 0.05 + reading + descent * (profile.n_outputs if task.is_classification else 1)

    def build(self, params: Params, task: Task, seed: int) -> Model:
        """Return an unfitted model."""
        return PretrainedModel(self, params, task)

    def load(self, folder: Path) -> Model:
        """Read back a model whose weights lie in its own folder."""
        return self.load_beside(folder, Shelf(folder))

    def load_beside(self, folder: Path, shelf: Shelf) -> Model:
        """Read back a model, and the weights that it shares with others."""
        from automl_pretrained.features import Learned
        from automl_pretrained.weights import base_from

        learned = load(folder / FEATURES, Learned)
        bases = {reading.network.digest: base_from(reading.network, shelf) for reading in learned.readings}
        try:
            learned.check()
        except ValueError as error:
            raise ArtifactError(f"{folder / FEATURES}: the file is damaged ({error}); use an intact copy") from error
        return PretrainedModel.of(_Fitted(learned, bases))

    def cross_fit(self, job: CrossFitJob) -> CrossFit:
        """Read all rows in the whole job's time, then fit the folds."""
        parts = job.encode(job.folds[-1], self.encoding(job.params, job.task))
        for reading, base in self.readings(job.params, parts[0].features):
            reading.prepare(base, [part.features for part in parts], job.limits)
        return fit_folds(self, job)

    def readings(self, params: Params, features: Features) -> list[tuple[Reading, Base]]:
        """Return how the columns of these features are read, and by what."""
        from automl_pretrained.features import Reading
        from automl_torch.nets.cells import raw_columns

        columns = raw_columns(features)
        return [
            (Reading(column, one.network, whole(params, detail_name(one.network.role))), one.base())
            for one in self.checkpoints
            for column in columns[one.network.role]
        ]

    def _affordable(self, profile: Profile) -> dict[str, Param]:
        """Return the closest details whose reading takes no more than its share of the run, else the coarsest."""
        chosen: dict[str, Param] = {name: details[-1] for name, details in self.details.items()}
        if profile.seconds is None:
            return chosen
        for name, details in self.details.items():
            for detail in reversed(details):
                chosen[name] = detail
                if self.seconds_to_read(chosen, profile) <= _SHARE * profile.seconds:
                    break
        return chosen


@dataclass(frozen=True)
class _Fitted:
    """What was learned, and the networks by the digests of their weights."""

    learned: Learned
    bases: dict[str, Base]


class PretrainedModel(Model):
    """Frozen networks and a linear layer behind the contract of a model."""

    def __init__(self, family: Pretrained, params: Params, task: Task) -> None:
        self._make = (family, dict(params), task)
        self._fitted: _Fitted | None = None

    @classmethod
    def of(cls, fitted: _Fitted) -> PretrainedModel:
        """Return a model that is fitted already."""
        model = cls.__new__(cls)
        model._fitted = fitted
        return model

    @property
    def fitted(self) -> _Fitted:
        """What was learned."""
        if self._fitted is None:
            raise TrialFailed("a linear layer was asked for before it was fitted: call fit first")
        return self._fitted

    def fit(self, train: Part, score: Part | None, limits: Limits) -> None:
        """Read the cells, or find what was made of them, and fit the linear layer; the score part is not used."""
        from automl_pretrained.features import learn

        if limits.seconds_left <= 0:
            raise TrialFailed("no time left to fit a linear layer")
        family, params, task = self._make
        pairs = family.readings(params, train.features)
        learned = learn(pairs, train, task.n_outputs if task.is_classification else 0, real(params, "C"), limits)
        self._fitted = _Fitted(learned, {reading.network.digest: base for reading, base in pairs})

    def predict(self, features: Features) -> NDArray[np.float64]:
        """Return (n_rows, n_labels) probabilities or (n_rows, 1) values."""
        return self.fitted.learned.predict(self.fitted.bases, features, None)

    def predict_score(self, features: Features) -> NDArray[np.float64]:
        """Predict rows whose cells were read with those of the other folds."""
        return self.fitted.learned.predict(self.fitted.bases, features, Limits())

    def save(self, folder: Path) -> None:
        """Write everything into the folder."""
        self.save_beside(folder, Shelf(folder))

    def save_beside(self, folder: Path, shelf: Shelf) -> None:
        """Write what was learned, and put the networks' weights where other models find them too."""
        save(self.fitted.learned, folder / FEATURES)
        for base in self.fitted.bases.values():
            base.shelve(shelf)
