"""What random forests and extremely randomised trees share: out-of-bag rows stand in for folds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from automl.plugin import (
    CrossFit,
    CrossFitJob,
    Encoding,
    Model,
    Param,
    Params,
    Profile,
    Suggest,
    Task,
    TrialFailed,
    fit_folds,
    from_out_of_bag,
    real,
    spread,
    whole,
    width,
)
from automl_classical.arrays import ArrayFamily, ArrayModel, Lesson
from automl_classical.growing import grow, out_of_bag_sums
from automl_classical.packed import PackedForest
from automl_classical.packing import Leaves, pack

_MAX_LEAVES = 15000  # a tree needs no more (Holzmüller 2024), and without a bound files grow with the rows
_FEATURES: list[Param] = ["sqrt", 0.5, 0.75, 1.0]
CATEGORICAL: list[Param] = ["ordered", "codes"]
"""Encodings of categories that look at no target."""


@dataclass(frozen=True)
class _Grown:
    """A fitted scikit-learn forest and how its leaves become predictions."""

    forest: Any
    leaves: Leaves


class ForestFamily(ArrayFamily):
    """What both forests share; the columns are encoded without the target, so one fit serves all folds."""

    state = PackedForest
    out_of_bag = True
    refit = False
    trees: ClassVar[int] = 300
    bootstrap: ClassVar[bool]
    """Whether trees draw their rows where out-of-bag predictions are not asked for."""
    cost_factor: ClassVar[float]

    def suggest(self, trial: Suggest, task: Task, profile: Profile) -> Params:
        """Sample the search space."""
        return {
            "max_features": trial.suggest_categorical("max_features", _FEATURES),
            "min_samples_split": trial.suggest_int("min_samples_split", 2, 32, log=True),
            "min_samples_leaf": trial.suggest_int("min_samples_leaf", 1, 16, log=True),
            "categorical": trial.suggest_categorical("categorical", CATEGORICAL),
        }

    def encoding(self, params: Params, task: Task) -> Encoding:
        """Plain numbers; levels as ranks of frequency or as codes."""
        return Encoding(missing="impute", categorical="codes" if params["categorical"] == "codes" else "ordered")

    def cost(self, params: Params, task: Task, profile: Profile) -> float:
        """Estimate: n·log n times the columns looked at in a split."""
        n, columns = max(profile.n_rows, 2), width(profile)
        looked_at = _columns(params["max_features"], columns) if self.bootstrap else 2 + 0.3 * columns
        shallow = 1 / (1 + 0.15 * math.log2(real(params, "min_samples_leaf")))
        outputs = 1 + 0.03 * profile.n_outputs
        return 0.4 + self.cost_factor * self.trees * n * math.log2(n) * looked_at * shallow * outputs

    def learn(self, lesson: Lesson) -> PackedForest:
        """Grow and pack a forest."""
        grown = self._grow(lesson, self.bootstrap)
        return pack(grown.forest.estimators_, lesson.matrix.shape[1], grown.leaves)

    def build_again(self, model: Model, params: Params, task: Task, seed: int) -> Model | None:
        """Return another forest: nothing of a fit depends on the score part."""
        return self.build(params, task, seed)

    def cross_fit(self, job: CrossFitJob) -> CrossFit:
        """Fit once on all rows and predict each by the trees that did not see it, where the job allows it."""
        encoding = self.encoding(job.params, job.task)
        if not job.out_of_bag or encoding.uses_target:
            return fit_folds(self, job)
        if job.limits.seconds_left <= 0:
            raise TrialFailed(f"no time left to fit {self.name}")
        lesson = Lesson(job.params, job.task, job.seed, job.encode_all(encoding), job.limits)
        if lesson.hopeless:
            return fit_folds(self, job)
        grown = self._grow(lesson, bootstrap=True)
        packed = pack(grown.forest.estimators_, lesson.matrix.shape[1], grown.leaves)
        predictions = _out_of_bag(grown, packed, lesson, job.units)
        return from_out_of_bag(ArrayModel.of(packed), encoding, predictions, job.folds)

    def forest(self, task: Task) -> Any:
        """Return scikit-learn's class for this task."""
        raise NotImplementedError

    def _grow(self, lesson: Lesson, bootstrap: bool) -> _Grown:
        params = lesson.params
        forest = self.forest(lesson.task)(
            n_estimators=self.trees,
            max_features=params["max_features"],
            min_samples_split=whole(params, "min_samples_split"),
            min_samples_leaf=whole(params, "min_samples_leaf"),
            # Best-first growth is slower, so it is asked for only where it bounds something.
            max_leaf_nodes=_MAX_LEAVES if len(lesson.matrix) > _MAX_LEAVES else None,
            bootstrap=bootstrap,
            n_jobs=lesson.limits.threads,
            random_state=lesson.seed,
        )
        weights = None if lesson.train.weights is None else lesson.weights
        if lesson.task.is_classification:
            classes, y = lesson.classes
            grow(forest, (lesson.matrix, y, weights), lesson.limits)
            return _Grown(forest, Leaves(classes, lesson.prior, smoothing=1.0))
        target = lesson.train.y.astype(np.float64)
        shift, scale = float(target.mean()), float(target.std()) or 1.0
        grow(forest, (lesson.matrix, (target - shift) / scale, weights), lesson.limits)
        return _Grown(forest, Leaves(np.empty(0, dtype=np.int64), lesson.prior, scale=scale, shift=shift))


def entry(max_features: Param, split: int, leaf: int, categorical: str = "ordered") -> Params:
    """Return a full set of parameters."""
    return {
        "max_features": max_features,
        "min_samples_split": split,
        "min_samples_leaf": leaf,
        "categorical": categorical,
    }


def _out_of_bag(
    grown: _Grown, packed: PackedForest, lesson: Lesson, units: NDArray[np.int64] | None
) -> NDArray[np.float64]:
    """Return out-of-bag predictions (n_rows, n_outputs); rows that every tree saw get the mean of the others."""
    total, count = out_of_bag_sums(grown.forest, lesson.matrix, lesson.limits.threads, units)
    leaves = grown.leaves
    if len(leaves.classes):
        total = spread(total, leaves.classes, len(leaves.prior))
    else:
        total = total * leaves.scale + leaves.shift * count[:, None]
    seen = count > 0
    predictions = np.tile(leaves.prior, (len(total), 1))
    if seen.any():
        predictions[seen] = packed.blend(total[seen], count[seen])
        predictions[~seen] = predictions[seen].mean(axis=0)
    return predictions


def _columns(max_features: Param, columns: int) -> float:
    return math.sqrt(columns) if max_features == "sqrt" else max(1.0, float(max_features or 1.0) * columns)
