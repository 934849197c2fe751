"""XGBoost as a family: its strong configurations, its space and its cost."""

from __future__ import annotations

from pathlib import Path

from automl.plugin import (
    FASTEST,
    KEEP,
    MAX_ROUNDS,
    Encoding,
    ModelFamily,
    Param,
    Params,
    Profile,
    Role,
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
from automl_xgboost.model import MAX_TREES, XGBoostModel, load_model

_RECIPES = ("means", "groups", "all")
_WIDE = 30  # columns from which selection may pay for boosting
_FEW = 3000  # rows up to which shallow trees are tried first


class XGBoost(ModelFamily):
    """XGBoost (Chen and Guestrin 2016, DOI 10.1145/2939672.2939785) with histograms and native categories."""

    name = "xgboost"
    elastic = 0.4  # a rushed fit raises its learning rate

    def portfolio(self, task: Task, profile: Profile) -> list[Params]:
        """The tuned defaults of "Better by default" (Holzmüller 2024, arXiv 2407.04491) first, then variations.

        Its `reg_lambda` of 0 is the least of a space on a log scale here. Where rows are few, shallow trees with a
        penalty come before it: they won on three of three tables of 700 to 1000 rows (concrete: error 3.90 against
        4.40; titanic: AUC .866 against .843) and lost on one of 5400.
        """
        if task.is_classification:
            first = _entry(profile, rate=0.08, depth=6, child=5e-6, rows=0.65, columns=0.9)
        else:
            first = _entry(profile, rate=0.05, depth=9, child=2.0, rows=0.7, columns=1.0, recipe="groups")
        others = [
            _entry(profile, rate=0.03, depth=8, child=1.0, rows=0.8, columns=0.6, ridge=1.0, recipe="plain"),
            _entry(profile, rate=0.05, depth=3, child=5.0, rows=0.7, columns=0.8, ridge=5.0, recipe="all"),
        ]
        mild = _entry(profile, rate=0.05, depth=4, child=1.0, rows=0.8, columns=0.6, ridge=1.0)
        entries = [mild, first, *others] if profile.n_rows < _FEW else [first, mild, *others]
        entries = learned_portfolio(self, entries, task, profile)
        return rates_in_run(self, entries, task, profile, FASTEST / 2)

    def suggest(self, trial: Suggest, task: Task, profile: Profile) -> Params:
        """Sample a space like TabArena's, in depth instead of leaves."""
        params: dict[str, Param] = {
            "learning_rate": trial.suggest_float("learning_rate", 5e-3, FASTEST, log=True),
            "max_depth": trial.suggest_int("max_depth", 2, 10, log=True),
            "min_child_weight": trial.suggest_float("min_child_weight", 5e-6, 20.0, log=True),
            "subsample": trial.suggest_float("subsample", 0.5, 1.0),
            "colsample_bylevel": trial.suggest_float("colsample_bylevel", 0.3, 1.0),
            "reg_lambda": trial.suggest_float("reg_lambda", 1e-4, 10.0, log=True),
            "reg_alpha": trial.suggest_float("reg_alpha", 1e-4, 5.0, log=True),
        }
        if profile.count(Role.CATEGORICAL):
            params["max_cat_to_onehot"] = trial.suggest_int("max_cat_to_onehot", 2, 100, log=True)
        if width(profile) >= _WIDE:
            params["keep"] = trial.suggest_categorical("keep", KEEP)
        return {**params, **suggest_recipe(trial, profile, _RECIPES)}

    def encoding(self, params: Params, task: Task) -> Encoding:
        """Numbers as they are, gaps included; categories as codes, which XGBoost splits natively; and a recipe."""
        return with_recipe(Encoding(keep=real(params, "keep") if "keep" in params else 1.0), params)

    def cost(self, params: Params, task: Task, profile: Profile) -> float:
        """Estimate: levels times the rows and the histogram bins that each goes through (measured on one core)."""
        columns = (width(profile) + recipe_width(params, profile)) * real(params, "colsample_bylevel")
        depth, rows = whole(params, "max_depth"), profile.n_rows
        nodes = min(2.0**depth, 2.0 + rows / 4)
        tree = 2e-4 + depth * rows * (4e-9 + 1.2e-9 * columns) + nodes * (4e-6 + 1.5e-7 * columns)
        # Shallow trees take more rounds to converge.
        work = (9.0 if task.is_classification else 15.0) * max(1.0, 6 / depth)
        rounds = min(work / real(params, "learning_rate") + 60, MAX_ROUNDS)
        return 0.03 + tree * min(rounds * (profile.n_outputs if profile.n_outputs > 2 else 1), MAX_TREES)

    def build(self, params: Params, task: Task, seed: int) -> XGBoostModel:
        """Return an unfitted model."""
        return XGBoostModel(params, task, seed)

    def load(self, folder: Path) -> XGBoostModel:
        """Read back the trees and the labels."""
        return load_model(folder)


def _entry(
    profile: Profile,
    *,
    rate: float,
    depth: int,
    child: float,
    rows: float,
    columns: float,
    ridge: float = 1e-4,
    recipe: str = "means",
) -> Params:
    params: dict[str, Param] = {
        "learning_rate": rate,
        "max_depth": depth,
        "min_child_weight": child,
        "subsample": rows,
        "colsample_bylevel": columns,
        "reg_lambda": ridge,
        "reg_alpha": 1e-4,
    }
    if profile.count(Role.CATEGORICAL):
        params["max_cat_to_onehot"] = 4  # XGBoost's own default
    if width(profile) >= _WIDE:
        params["keep"] = 1.0
    return {**params, **recipe_entry(profile, _RECIPES, recipe)}
