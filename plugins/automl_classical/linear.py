"""Linear models: multinomial logistic regression, ridge and elastic net."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.plugin import (
    Encoding,
    Param,
    Params,
    Profile,
    Suggest,
    Task,
    learned_portfolio,
    real,
    recipe_entry,
    recipe_width,
    storable,
    suggest_recipe,
    width,
    with_recipe,
)
from automl_classical.arrays import ArrayFamily, Lesson
from automl_classical.least_squares import elastic_net, ridge
from automl_classical.logistic import Penalty, fit_softmax
from automl_classical.outputs import bounds, check_linear, decided
from automl_classical.params import scaled_encoding, suggest_shared

_RECIPES = ("pairs", "bins", "all")
_L1: list[Param] = [0.0, 0.5, 0.95]


@storable("classical.linear")
@dataclass(frozen=True)
class LinearModel:
    """Weights `coef` (n_features, n_scores) and `intercept` (n_scores,) float64.

    `classes` (n_seen,) int64 are the labels of the scores; empty for regression, whose predictions are clipped to
    [`low`, `high`].
    """

    coef: NDArray[np.float64]
    intercept: NDArray[np.float64]
    classes: NDArray[np.int64]
    n_outputs: int
    low: float = 0.0
    high: float = 0.0

    def __post_init__(self) -> None:
        check_linear(self.coef, self.intercept, self.classes, self.n_outputs)

    def predict(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return (n_rows, n_outputs) float64."""
        scores = matrix.astype(np.float64) @ self.coef + self.intercept
        return decided(scores, self.classes, self.n_outputs, self.low, self.high)


class Linear(ArrayFamily):
    """Logistic regression for labels, ridge or elastic net for values."""

    name = "linear"
    state = LinearModel

    def portfolio(self, task: Task, profile: Profile) -> list[Params]:
        """Standardised numbers and quantiles, looser and tighter, then few columns; with recipes where they paid.

        For values every table gained from ranges and from all recipes together (1 to 31% of the error), for labels some
        did from ranges or pairs and some lost, so that these come later there (`benchmarks/results/encodings.md`).
        """
        if task.is_classification:
            grid = [
                ("standard", 1.0, 0.0, "plain"),
                ("quantile", 0.1, 0.0, "pairs"),
                ("standard", 0.1, 0.0, "bins"),
                ("standard", 0.1, 0.5, "plain"),
                ("quantile", 10.0, 0.0, "plain"),
            ]
        else:
            grid = [
                ("quantile", 0.1, 0.0, "bins"),
                ("log", 0.1, 0.0, "all"),
                ("standard", 0.1, 0.0, "plain"),
                ("quantile", 0.01, 0.5, "pairs"),
            ]
        entries: list[Params] = [
            {"numeric": numeric, "keep": 1.0, **recipe_entry(profile, _RECIPES, recipe), "C": c, "l1_ratio": l1}
            for numeric, c, l1, recipe in grid
        ]
        return learned_portfolio(self, entries, task, profile)

    def suggest(self, trial: Suggest, task: Task, profile: Profile) -> Params:
        """Sample the search space; C is the inverse of the penalty's strength, as in scikit-learn."""
        return {
            **suggest_shared(trial),
            **suggest_recipe(trial, profile, _RECIPES),
            "C": trial.suggest_float("C", 1e-4, 1e3, log=True),
            "l1_ratio": trial.suggest_categorical("l1_ratio", _L1),
        }

    def encoding(self, params: Params, task: Task) -> Encoding:
        """Scaled numbers, one-hot levels, and a recipe."""
        return with_recipe(scaled_encoding(params), params)

    def cost(self, params: Params, task: Task, profile: Profile) -> float:
        """Estimate: passes over the matrix, more for labels and for sparse weights."""
        columns = (width(profile, onehot=True) + recipe_width(params, profile)) * real(params, "keep")
        size = 1e-9 * profile.n_rows * columns
        sparse = real(params, "l1_ratio") > 0
        if not task.is_classification:
            return 0.01 + size * (30 if sparse else 4 + 0.02 * columns)
        return 0.02 + size * (profile.n_outputs + 2) * (200 if sparse else 70)

    def learn(self, lesson: Lesson) -> LinearModel:
        """Fit with the solver that suits the penalty."""
        C, l1_ratio = real(lesson.params, "C"), real(lesson.params, "l1_ratio")
        if lesson.task.is_classification:
            classes, y = lesson.classes
            penalty = Penalty(1 / (C * len(y)), l1_ratio)
            coef, intercept = fit_softmax(lesson.matrix, y, lesson.weights, penalty, lesson.limits)
            return LinearModel(coef, intercept, classes, lesson.task.n_outputs)
        target: NDArray[Any] = lesson.train.y.astype(np.float64)
        shift, scale = float(target.mean()), float(target.std()) or 1.0
        solver = elastic_net if l1_ratio > 0 else ridge
        coef, intercept = solver(lesson.matrix, (target - shift) / scale, lesson.weights, 1 / C, l1_ratio)
        nothing = np.empty(0, dtype=np.int64)
        return LinearModel(coef * scale, intercept * scale + shift, nothing, 1, *bounds(target))
