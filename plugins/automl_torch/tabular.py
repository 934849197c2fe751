"""What the families of tabular networks share: their encoding, their limits, and folds that train together."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from automl.plugin import (
    CrossFit,
    CrossFitJob,
    Encoding,
    FamilyDeclined,
    Features,
    FoldModel,
    Limits,
    ModelFamily,
    Param,
    Params,
    Part,
    Profile,
    Task,
    TrialFailed,
    real,
    whole,
)
from automl_torch.fitted import Fitted, Taught, load_fitted
from automl_torch.lesson import Lesson
from automl_torch.model import TorchModel
from automl_torch.params import OPTIMISERS, affordable, categories, numbers, require_torch

if TYPE_CHECKING:
    from automl_torch.recipe import Recipe

LABEL_METRICS = frozenset(
    {"accuracy", "balanced_accuracy", "f1", "f1_macro", "precision", "recall", "mcc", "quadratic_kappa"}
)
"""Metrics that look at decided labels, for which probabilities may be smoothed."""
_MOST_ROWS = 200_000
_MOST_COLUMNS = 2_000
_TOGETHER = 40_000  # training rows of the folds that train together; above, the batches are large enough alone
_SHARE = 0.25  # of a run's seconds that all folds of a portfolio entry may take


class TabularNetworkFamily(ModelFamily):
    """A family of `TabularNetwork`s."""

    elastic = 0.5  # a rushed fit goes through its schedules in fewer steps
    imports: ClassVar[tuple[str, ...]] = ("automl_torch.fitting", *OPTIMISERS)
    batch_sizes: ClassVar[tuple[tuple[int, int], ...]]
    """The batch size up to a number of training rows, in ascending order; the last one holds beyond too."""

    @abstractmethod
    def recipe(self, params: Params, task: Task, n_rows: int) -> Recipe:
        """Return the `Recipe` of these parameters for this many training rows."""

    def accepts(self, task: Task, profile: Profile) -> None:
        """Decline large tables, on which epochs on a processor take too long, and installations without torch."""
        require_torch()
        columns = numbers(profile) + categories(profile)
        if profile.n_rows > _MOST_ROWS:
            raise FamilyDeclined(f"needs at most {_MOST_ROWS:,} rows, but there are {profile.n_rows:,}")
        if columns > _MOST_COLUMNS:
            raise FamilyDeclined(f"needs at most {_MOST_COLUMNS:,} encoded columns, but there are about {columns:,}")

    def encoding(self, params: Params, task: Task) -> Encoding:
        """Robustly scaled and softly clipped numbers without gaps; codes, which the network turns into its inputs."""
        return Encoding("robust", missing="impute", categorical="codes", keep=real(params, "keep"))

    def build(self, params: Params, task: Task, seed: int) -> NetworkModel:
        """Return an unfitted model."""
        return NetworkModel(self, params, task, seed)

    def load(self, folder: Path) -> NetworkModel:
        """Read back a fitted network: arrays only, of the shapes that its architecture says."""
        return NetworkModel.of(load_fitted(folder))

    def cost(self, params: Params, task: Task, profile: Profile) -> float:
        """Estimate: multiplications of the layers forth and back, and a share of what each step costs at any size."""
        rows = max(2, profile.fit_rows)
        inputs = 4 * numbers(profile) + categories(profile) * min(max(profile.max_levels, 1), 8)
        width, depth, members = whole(params, "width"), whole(params, "depth"), self.members(params)
        shared = width * (inputs + width * (depth - 1)) + width * profile.n_outputs
        each = members * (_FLOP * shared + _NEURON * width * depth) + _WAVE * numbers(profile)
        parameters = shared + members * width * profile.n_outputs
        step = _STEP + _PARAMETER * parameters
        steps = max(1, rows // self.batch_size(rows))
        return whole(params, "epochs") * (rows * each * _SCORED + steps * step)

    def affordable(self, entry: Params, epochs: Sequence[Param], task: Task, profile: Profile) -> Params:
        """Take fewer of these epochs, longest first, where all folds would take more than their share of the run."""
        if profile.seconds is None:
            return entry
        seconds = _SHARE * profile.seconds
        return affordable(entry, epochs, lambda other: profile.folds * self.cost(other, task, profile) <= seconds)

    def members(self, params: Params) -> int:
        """Return how many members these parameters have."""
        return whole(params, "members") if "members" in params else 1

    def batch_size(self, n_rows: int) -> int:
        """Return the batch size for this many training rows."""
        return next((size for most, size in self.batch_sizes if n_rows <= most), self.batch_sizes[-1][1])

    def cross_fit(self, job: CrossFitJob) -> CrossFit:
        """Train the folds of small tables together, and those of larger ones in groups or one by one.

        A fold's columns, labels and rows may differ from another's: they are padded to the largest, in such a way that
        padding changes nothing. Between groups the trial may be stopped; within one there is nothing to save.

        Out-of-fold predictions are taken while training, see `StoppedFolds`: no row has a say in the epoch that
        predicts it.
        """
        encoding = self.encoding(job.params, job.task)
        most = max(len(fold.train) for fold in job.folds)
        size = min(len(job.folds), max(1, _TOGETHER // max(1, most)))
        predictions: list[NDArray[np.float64]] = []
        models: list[FoldModel] = []
        for start in range(0, len(job.folds), size):
            group = job.folds[start : start + size]
            if job.limits.seconds_left <= 0:
                raise TrialFailed(f"out of time after {start} of {len(job.folds)} folds")
            parts = [job.encode(fold, encoding) for fold in group]
            limits = job.limits.share(len(group) / (len(job.folds) - start))
            lessons = [Lesson(*both, job.seed + fold.index) for both, fold in zip(parts, group, strict=True)]
            taught = self.teach(lessons, job.params, job.task, limits)
            for fold, one, (_, score) in zip(group, taught, parts, strict=True):
                model = NetworkModel.of(one.fitted, one.stopped)
                models.append(FoldModel(model, fold.index, encoding))
                predictions.append(model.predict_score(score.features))
            done = range(start, start + len(group))
            if done.stop < len(job.folds) and not [job.go_on(i, predictions[i]) for i in done][-1]:
                return CrossFit(tuple(predictions), tuple(models), "worse than the best trial's worst fold")
        return CrossFit(tuple(predictions), tuple(models))

    def teach(self, lessons: Sequence[Lesson], params: Params, task: Task, limits: Limits) -> list[Taught]:
        """Fit a network for each lesson, all together."""
        from automl_torch.fitting import fit_together

        recipe = self.recipe(params, task, max(len(lesson.train.y) for lesson in lessons))
        return fit_together(lessons, task, recipe, limits)


class NetworkModel(TorchModel[TabularNetworkFamily, Fitted]):
    """A tabular network."""

    def fit(self, train: Part, score: Part | None, limits: Limits) -> None:
        """Train; the score part decides which epoch is kept."""
        [taught] = self.family.teach([Lesson(train, score, self.seed)], self.params, self.task, limits)
        self.fitted, self.stopped = taught.fitted, taught.stopped

    def predict(self, features: Features) -> NDArray[np.float64]:
        """Return (n_rows, n_labels) probabilities or (n_rows, 1) values."""
        return self.fitted.predict(features.matrix)


_FLOP = 4e-11  # seconds for a weight and a row, forth and back, in bfloat16; measured on one core, as all of these
_NEURON = 4e-9  # for a neuron and a row
_WAVE = 1e-7  # for a number and a row
_STEP = 3e-4  # for a step, shared by the folds that make it together
_PARAMETER = 2e-9  # for a parameter and a step
_SCORED = 1.1  # with the score part, which goes forth only
