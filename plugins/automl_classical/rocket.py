"""Sequences by random convolutions: thousands of features that nobody trains, and a ridge regression."""

from __future__ import annotations

from typing import ClassVar, cast

import numpy as np
from numpy.typing import NDArray

from automl.plugin import (
    TABULAR,
    Encoding,
    FamilyDeclined,
    Param,
    Params,
    Profile,
    Role,
    Suggest,
    Task,
    TrialFailed,
    learned_portfolio,
    real,
    text,
    whole,
)
from automl_classical.arrays import ArrayFamily, Constant, Lesson
from automl_classical.loo_ridge import RidgeFit, loo_ridge
from automl_classical.outputs import bounds
from automl_classical.rocket_model import Rocket as RocketModel
from automl_classical.rocket_model import Shape, Transform, beside, learn_kernels
from automl_classical.series import learn_series
from automl_classical.tempering import temper_for

_MOST_ROWS = 50_000
_FEW_ROWS = 1200  # up to which the cube of the rows is soon computed
_STEPS = 150  # of a usual sequence; how long they are is not known before they are read


class Rocket(ArrayFamily):
    """MiniRocket, Hydra or both, with summaries of each channel, and ridge with a penalty chosen row by row.

    Labels are indicators; probabilities are their held-out scores, tempered.
    """

    name = "rocket"
    elastic = 0.5  # a rushed fit has fewer kernels
    inputs: ClassVar[frozenset[Role]] = TABULAR | {Role.SEQUENCE}
    state = RocketModel

    def accepts(self, task: Task, profile: Profile) -> None:
        """Decline tables without sequences, and very large ones."""
        if not profile.count(Role.SEQUENCE):
            raise FamilyDeclined("needs a column of sequences, and there is none")
        if profile.n_rows > _MOST_ROWS:
            raise FamilyDeclined(f"needs at most {_MOST_ROWS:,} rows, but there are {profile.n_rows:,}")

    def portfolio(self, task: Task, profile: Profile) -> list[Params]:
        """Both transforms first, then each alone, then mostly what stands beside the kernels, then more kernels."""
        few, usual, most = _sizes(profile)
        grid = [
            ("both", usual, True, 0.1),
            ("hydra", few, True, 0.02),
            ("minirocket", usual, False, 0.02),
            ("minirocket", few, True, 2.0),
            ("both", most, True, 0.1),
        ]
        entries: list[Params] = [
            {"transform": transform, "n_features": n, "differences": differences, "beside": beside}
            for transform, n, differences, beside in grid
        ]
        return learned_portfolio(self, entries, task, profile)

    def suggest(self, trial: Suggest, task: Task, profile: Profile) -> Params:
        """Sample the search space; `beside` is what summaries and other columns weigh, the kernels weighing one."""
        return {
            "transform": trial.suggest_categorical("transform", ["minirocket", "hydra", "both"]),
            "n_features": trial.suggest_categorical("n_features", list[Param](_sizes(profile))),
            "differences": trial.suggest_categorical("differences", [True, False]),
            "beside": trial.suggest_float("beside", 0.01, 10.0, log=True),
        }

    def encoding(self, params: Params, task: Task) -> Encoding:
        """Sequences as they are, the rest as scaled numbers."""
        return Encoding("robust", missing="impute", categorical="onehot", sequences="raw")

    def cost(self, params: Params, task: Task, profile: Profile) -> float:
        """Estimate: every feature looks at every step, and the smaller of rows and features comes in by its cube."""
        n_rows, n_features = profile.n_rows, whole(params, "n_features")
        small, large = sorted((n_rows, n_features))
        return 0.1 + 1.5e-9 * n_rows * n_features * _STEPS + 1e-10 * small**2 * (large + 5 * small)

    def learn(self, lesson: Lesson) -> RocketModel | Constant:
        """Draw kernels, let them look at the training rows, and fit."""
        params, task, features = lesson.params, lesson.task, lesson.train.features
        series = learn_series(features)
        if series is None:
            return Constant(lesson.prior)
        transform = cast(Transform, text(params, "transform"))
        shape = Shape(transform, whole(params, "n_features"), bool(params["differences"]))
        values, lengths = series.read(features)
        kernels, answers = learn_kernels(values, shape, lesson.seed).in_time(values, lesson.limits)
        matrix, factor = _weighed(answers, beside(values, lengths, features.matrix), real(params, "beside"))
        if lesson.limits.seconds_left <= 0:
            raise TrialFailed("no time left to fit a ridge regression")
        if task.is_classification:
            classes, y = lesson.classes
            fit, temper = _fit_labels(matrix, y, lesson.weights)
            coef = fit.coef * factor[:, None]
            return RocketModel(series, kernels, coef, fit.intercept, classes, task.n_outputs, temper)
        target = lesson.train.y.astype(np.float64)
        fit = _fit_values(matrix, target, lesson.weights)
        nothing = np.empty(0, dtype=np.int64)
        coef = fit.coef * factor[:, None]
        return RocketModel(series, kernels, coef, fit.intercept, nothing, 1, 1.0, *bounds(target))


def _sizes(profile: Profile) -> list[int]:
    return [2500, 5000, 10_000] if profile.n_rows <= _FEW_ROWS else [500, 1000, 2000]


def _weighed(
    kernels: NDArray[np.float32], beside: NDArray[np.float32], weight: float
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Put both side by side, of variance one, those beside the kernels together `weight` times as heavy.

    Return the matrix and the factor (n_features,) of each column; constant columns get the factor 0.
    """
    factors = [_factor(kernels), _factor(beside) * np.sqrt(weight * kernels.shape[1] / beside.shape[1])]
    factor = np.concatenate(factors)
    return np.concatenate([kernels, beside], axis=1) * factor.astype(np.float32), factor


def _factor(block: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return one over the deviation, less where most rows are zero: few rows would otherwise be far out.

    So Hydra's paper scales its counts.
    """
    deviation = block.std(axis=0, dtype=np.float64)
    usual = np.abs(block).max(axis=0, initial=0)
    varies = deviation > 1e-6 * usual
    scale = deviation + (block == 0).mean(axis=0) ** 4
    return np.where(varies, 1 / np.where(varies, scale, 1.0), 0.0)


def _fit_labels(
    matrix: NDArray[np.float32], y: NDArray[np.int64], weights: NDArray[np.float64]
) -> tuple[RidgeFit, float]:
    """Regress on indicators of -1 and 1; also return the temper of the scores."""
    targets = np.full((len(y), int(y.max()) + 1), -1.0)
    targets[np.arange(len(y)), y] = 1.0
    fit = loo_ridge(matrix, targets, weights, lambda held_out: temper_for(held_out, y, weights)[1])
    return fit, temper_for(fit.held_out, y, weights)[0]


def _fit_values(matrix: NDArray[np.float32], y: NDArray[np.float64], weights: NDArray[np.float64]) -> RidgeFit:
    return loo_ridge(matrix, y[:, None], weights, lambda held_out: float(weights @ (held_out[:, 0] - y) ** 2))
