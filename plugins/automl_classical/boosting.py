"""Gradient-boosted trees by LightGBM: plain, and with thresholds drawn at random."""

from __future__ import annotations

import math
from pathlib import Path
from typing import ClassVar

from automl.plugin import (
    KEEP,
    MAX_ROUNDS,
    Encoding,
    Model,
    ModelFamily,
    Param,
    Params,
    Profile,
    Suggest,
    Task,
    learned_portfolio,
    rates_in_run,
    real,
    recipe_entry,
    recipe_width,
    suggest_recipe,
    whole,
    width,
    with_recipe,
)
from automl_classical.boosting_model import MAX_TREES, BoostingModel, load_boosting

_RECIPES = ("means", "groups", "all")
_WIDE = 30  # columns from which selection may pay for boosting
_FASTEST = 0.1  # the highest learning rate of the space


class _Boosting(ModelFamily):
    """What both families share."""

    elastic = 0.4  # a rushed fit raises its learning rate
    extra_trees: ClassVar[bool]

    def suggest(self, trial: Suggest, task: Task, profile: Profile) -> Params:
        """Sample TabArena's space of LightGBM."""
        params: dict[str, Param] = {
            "learning_rate": trial.suggest_float("learning_rate", 5e-3, _FASTEST, log=True),
            "num_leaves": trial.suggest_int("num_leaves", 2, 200, log=True),
            "min_data_in_leaf": trial.suggest_int("min_data_in_leaf", 1, 64, log=True),
            "feature_fraction": trial.suggest_float("feature_fraction", 0.4, 1.0),
            "bagging_fraction": trial.suggest_float("bagging_fraction", 0.7, 1.0),
            "lambda_l1": trial.suggest_float("lambda_l1", 1e-4, 1.0, log=True),
            "lambda_l2": trial.suggest_float("lambda_l2", 1e-4, 2.0, log=True),
            "cat_l2": trial.suggest_float("cat_l2", 5e-3, 10.0, log=True),
            "cat_smooth": trial.suggest_float("cat_smooth", 1e-3, 100.0, log=True),
        }
        if width(profile) >= _WIDE:
            params["keep"] = trial.suggest_categorical("keep", KEEP)
        return {**params, **suggest_recipe(trial, profile, _RECIPES)}

    def encoding(self, params: Params, task: Task) -> Encoding:
        """Numbers as they are, gaps included; categories as codes, which LightGBM splits natively; and a recipe."""
        return with_recipe(Encoding(keep=real(params, "keep") if "keep" in params else 1.0), params)

    def cost(self, params: Params, task: Task, profile: Profile) -> float:
        """Estimate: trees times the rows each goes through and the leaves each splits off (measured on one core)."""
        columns = (width(profile) + recipe_width(params, profile)) * real(params, "feature_fraction")
        leaves = min(whole(params, "num_leaves"), 1 + profile.n_rows / whole(params, "min_data_in_leaf"))
        leaf = (0.4 if self.extra_trees else 1.0) * (1.6e-5 + 4e-7 * columns)
        tree = 5e-5 + profile.n_rows * (2e-8 + 2.2e-9 * columns) + leaves * leaf
        # Values take longer to converge than probabilities, and small trees longer than large ones.
        work = (15.0 if task.is_classification else 30.0) * min(2.0, max(0.7, math.sqrt(31 / leaves)))
        work *= 2.5 if self.extra_trees else 1.0  # random thresholds fit less at each step
        rounds = min(work / real(params, "learning_rate"), MAX_ROUNDS)
        return 0.02 + tree * min(rounds * (profile.n_outputs if profile.n_outputs > 2 else 1), MAX_TREES)

    def build(self, params: Params, task: Task, seed: int) -> BoostingModel:
        """Return an unfitted model."""
        return BoostingModel(params, task, seed, self.extra_trees)

    def build_again(self, model: Model, params: Params, task: Task, seed: int) -> Model | None:
        """Return a model of as many rounds, at the same learning rates."""
        return model.again(params, task, seed, self.extra_trees) if isinstance(model, BoostingModel) else None

    def load(self, folder: Path) -> BoostingModel:
        """Read back LightGBM's text and the labels."""
        return load_boosting(folder)


def _entry(
    profile: Profile, rate: float, leaves: int, min_data: int, fractions: tuple[float, float], recipe: str = "means"
) -> Params:
    params: dict[str, Param] = {
        "learning_rate": rate,
        "num_leaves": leaves,
        "min_data_in_leaf": min_data,
        "feature_fraction": fractions[0],
        "bagging_fraction": fractions[1],
        "lambda_l1": 1e-4,  # the least of the space, which LightGBM's own 0 is not part of
        "lambda_l2": 1e-4,
        "cat_l2": 10.0,
        "cat_smooth": 10.0,
    }
    if width(profile) >= _WIDE:
        params["keep"] = 1.0
    return {**params, **recipe_entry(profile, _RECIPES, recipe)}


class LightGBM(_Boosting):
    """LightGBM (Ke 2017)."""

    name = "lightgbm"
    extra_trees = False

    def portfolio(self, task: Task, profile: Profile) -> list[Params]:
        """Tuned defaults first, then configurations of AutoGluon's zero-shot portfolio.

        For labels the first is Holzmüller's (2024). His for values, 100 leaves of at least 3 rows, had a larger error
        than 31 of 10 on all of six tables (by 4% on average), and took up to five times as long. Means of the target
        beside the codes lowered the error on nine of ten tables with categories (by 3.7% on average, see
        `benchmarks/results/encodings.md`), group statistics that of values; the others are for variety.
        """
        if task.is_classification:
            entries = [
                _entry(profile, 0.04, 50, 40, (1.0, 0.75)),
                _entry(profile, 0.03, 5, 10, (0.73, 0.9)),
                _entry(profile, 0.03, 128, 3, (0.9, 0.9), "plain"),
                _entry(profile, 0.0398, 16, 20, (0.58, 0.9), "all"),
                _entry(profile, 0.0121, 53, 14, (0.7, 0.9)),
            ]
        else:
            entries = [
                _entry(profile, 0.05, 31, 10, (0.8, 0.8), "groups"),
                _entry(profile, 0.0398, 16, 20, (0.58, 0.9), "plain"),
                _entry(profile, 0.03, 5, 10, (0.73, 0.9)),
                _entry(profile, 0.0121, 53, 14, (0.7, 0.9), "all"),
                _entry(profile, 0.03, 128, 3, (0.9, 0.9), "plain"),
            ]
        return rates_in_run(self, learned_portfolio(self, entries, task, profile), task, profile, _FASTEST)


class LightGBMExtraTrees(_Boosting):
    """LightGBM with one random threshold a column and node, which regularises and varies."""

    name = "lightgbm_xt"
    extra_trees = True

    def portfolio(self, task: Task, profile: Profile) -> list[Params]:
        """The extra-trees configurations of AutoGluon's zero-shot portfolio."""
        entries = [
            _entry(profile, 0.0179, 39, 3, (0.46, 1.0)),
            _entry(profile, 0.0152, 16, 48, (0.56, 1.0), "plain"),
            _entry(profile, 0.018, 180, 10, (0.4, 1.0)),
            _entry(profile, 0.0127, 5, 10, (0.73, 1.0), "all"),
            _entry(profile, 0.0074, 8, 10, (0.42, 1.0)),
        ]
        return rates_in_run(self, learned_portfolio(self, entries, task, profile), task, profile, _FASTEST)
