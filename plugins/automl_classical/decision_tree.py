"""A single decision tree."""

from __future__ import annotations

import math

import numpy as np

from automl.plugin import Encoding, Param, Params, Profile, Suggest, Task, learned_portfolio, text, whole, width
from automl_classical.arrays import ArrayFamily, Lesson
from automl_classical.forest import CATEGORICAL
from automl_classical.packed import PackedForest
from automl_classical.packing import Leaves, pack


class DecisionTree(ArrayFamily):
    """One tree: the model that a person can read."""

    name = "decision_tree"
    state = PackedForest

    def portfolio(self, task: Task, profile: Profile) -> list[Params]:
        """Start with leaves of a few rows, then a short tree."""
        entries: list[Params] = [
            {"max_depth": 12, "min_samples_leaf": 8, "categorical": "ordered"},
            {"max_depth": 5, "min_samples_leaf": 16, "categorical": "codes"},
        ]
        if task.is_classification:
            entries = [{**entry, "criterion": "gini"} for entry in entries]
        return learned_portfolio(self, entries, task, profile)

    def suggest(self, trial: Suggest, task: Task, profile: Profile) -> Params:
        """Sample the search space."""
        params: dict[str, Param] = {
            "max_depth": trial.suggest_int("max_depth", 2, 24, log=True),
            "min_samples_leaf": trial.suggest_int("min_samples_leaf", 1, 128, log=True),
            "categorical": trial.suggest_categorical("categorical", CATEGORICAL),
        }
        if task.is_classification:
            params["criterion"] = trial.suggest_categorical("criterion", ["gini", "entropy"])
        return params

    def encoding(self, params: Params, task: Task) -> Encoding:
        """Plain numbers; levels as ranks of frequency or as codes."""
        return Encoding(missing="impute", categorical="codes" if text(params, "categorical") == "codes" else "ordered")

    def cost(self, params: Params, task: Task, profile: Profile) -> float:
        """Estimate: n·log n in every column."""
        n = max(profile.n_rows, 2)
        return 0.01 + 1.2e-8 * n * math.log2(n) * width(profile) * (1 + 0.03 * profile.n_outputs)

    def learn(self, lesson: Lesson) -> PackedForest:
        """Fit and pack a tree; its leaves are smoothed towards the prior by two rows."""
        from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

        params, weights = lesson.params, lesson.weights
        classify = lesson.task.is_classification
        tree = (DecisionTreeClassifier if classify else DecisionTreeRegressor)(
            criterion=text(params, "criterion") if classify else "squared_error",
            max_depth=whole(params, "max_depth"),
            min_samples_leaf=whole(params, "min_samples_leaf"),
            random_state=lesson.seed,
        )
        if classify:
            classes, y = lesson.classes
            tree.fit(lesson.matrix, y, sample_weight=weights)
            leaves = Leaves(classes, lesson.prior, pseudo_rows=2.0)
        else:
            y = lesson.train.y.astype(np.float64)
            shift, scale = float(y.mean()), float(y.std()) or 1.0
            tree.fit(lesson.matrix, (y - shift) / scale, sample_weight=weights)
            leaves = Leaves(np.empty(0, dtype=np.int64), lesson.prior, scale=scale, shift=shift)
        return pack([tree], lesson.matrix.shape[1], leaves)
