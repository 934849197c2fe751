"""CatBoost as a family: its strong configurations, its space and its cost."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from automl.plugin import (
    FASTEST,
    KEEP,
    MAX_ROUNDS,
    TABULAR,
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
    whole,
    width,
)
from automl_catboost.model import CatBoostModel, load_model, work_of
from automl_catboost.watch import MAX_LEAVES

_WIDE = 30  # columns from which selection may pay for boosting
_MANY = 10_000  # rows from which deep trees for values are tried first


class CatBoost(ModelFamily):
    """CatBoost (Prokhorenkova et al. 2018, arXiv 1706.09516), plain boosting, with its own statistics of categories.

    Texts are left to families that read them.
    """

    name = "catboost"
    inputs: ClassVar[frozenset[Role]] = TABULAR - {Role.TEXT}

    def portfolio(self, task: Task, profile: Profile) -> list[Params]:
        """The tuned defaults of "Better by default" (Holzmüller 2024, arXiv 2407.04491), then variations.

        For values, its trees of depth 9 lost to shallower ones on each of four tables of 1000 to 4200 rows (by 1 to 9%
        of the error, at 1.3 to 7 times the seconds), so that shallower ones come first where rows are few. Its 20
        steps for a leaf change little where the first is exact already, as it is for squared errors.
        """
        near_own = _entry(
            profile, rate=0.05, depth=6, l2=3.0, strength=1.0, onehot=10
        )  # CatBoost's own defaults, nearly
        shallow = _entry(profile, rate=0.08, depth=4, l2=1.0, strength=1.0, onehot=10)
        deep = _entry(profile, rate=0.06, depth=8, l2=0.1, strength=0.3, onehot=20)
        noisy = _entry(profile, rate=0.04, depth=6, l2=1e-3, strength=2.0, onehot=50)
        if task.is_classification:
            tuned = _entry(profile, rate=0.08, depth=7, l2=1e-5, strength=0.8, onehot=15)
            entries = [tuned, shallow, near_own, deep, noisy]
        else:
            tuned = _entry(profile, rate=0.09, depth=9, l2=1e-5, strength=0.0, onehot=20)
            medium = _entry(profile, rate=0.09, depth=6, l2=1e-5, strength=0.0, onehot=20)
            many = profile.n_rows >= _MANY
            entries = [tuned, medium, shallow, near_own] if many else [shallow, medium, near_own, deep, noisy]
        entries = learned_portfolio(self, entries, task, profile)
        return rates_in_run(self, entries, task, profile, FASTEST / 2)

    def suggest(self, trial: Suggest, task: Task, profile: Profile) -> Params:
        """Sample a space like TabArena's, widened to hold the tuned defaults."""
        params: dict[str, Param] = {
            "learning_rate": trial.suggest_float("learning_rate", 5e-3, FASTEST, log=True),
            "depth": trial.suggest_int("depth", 3, 9),
            "l2_leaf_reg": trial.suggest_float("l2_leaf_reg", 1e-5, 10.0, log=True),
            "random_strength": trial.suggest_float("random_strength", 0.0, 2.0),
            "subsample": trial.suggest_float("subsample", 0.6, 1.0),
            "leaf_estimation_iterations": trial.suggest_int("leaf_estimation_iterations", 1, 20, log=True),
        }
        if profile.count(Role.CATEGORICAL):
            params["one_hot_max_size"] = trial.suggest_int("one_hot_max_size", 2, 100, log=True)
        if profile.count(Role.CATEGORICAL) > 1:
            params["max_ctr_complexity"] = trial.suggest_int("max_ctr_complexity", 1, 4)
        if width(profile, texts=False) >= _WIDE:
            params["keep"] = trial.suggest_categorical("keep", KEEP)
        return params

    def encoding(self, params: Params, task: Task) -> Encoding:
        """Numbers as they are, gaps included; categories as codes, of which CatBoost makes its own statistics."""
        return Encoding(text="drop", keep=real(params, "keep") if "keep" in params else 1.0)

    def cost(self, params: Params, task: Task, profile: Profile) -> float:
        """Estimate: the rows and columns that each level goes through, and the leaves (measured on one core)."""
        rows, depth = profile.n_rows, whole(params, "depth")
        groups = profile.n_outputs if profile.n_outputs > 2 else 1
        counted = profile.count(Role.CATEGORICAL) if _many_levels(params, profile) else 0
        level = rows * (1.2e-8 + 2.5e-9 * width(profile, texts=False) + 3e-8 * counted)
        steps = whole(params, "leaf_estimation_iterations") - 1
        round_ = 1.5e-4 + groups * (depth * level + 6e-6 * 2.0**depth + steps * rows * 1e-8)
        # Shallow trees take more rounds to converge.
        rounds = 8 / depth * work_of(task) / real(params, "learning_rate") + 100
        return 0.05 + round_ * min(rounds, MAX_ROUNDS, MAX_LEAVES / (2.0**depth * groups))

    def build(self, params: Params, task: Task, seed: int) -> CatBoostModel:
        """Return an unfitted model."""
        return CatBoostModel(params, task, seed)

    def load(self, folder: Path) -> CatBoostModel:
        """Read back the trees and the labels."""
        return load_model(folder)


def _entry(profile: Profile, *, rate: float, depth: int, l2: float, strength: float, onehot: int) -> Params:
    params: dict[str, Param] = {
        "learning_rate": rate,
        "depth": depth,
        "l2_leaf_reg": l2,
        "random_strength": strength,
        "subsample": 0.9,
        "leaf_estimation_iterations": 1,
    }
    if profile.count(Role.CATEGORICAL):
        params["one_hot_max_size"] = onehot
    if profile.count(Role.CATEGORICAL) > 1:
        params["max_ctr_complexity"] = 4  # CatBoost's own default
    if width(profile, texts=False) >= _WIDE:
        params["keep"] = 1.0
    return params


def _many_levels(params: Params, profile: Profile) -> bool:
    """Whether a column has more levels than are split one by one, so that statistics of categories are made."""
    split = whole(params, "one_hot_max_size") if "one_hot_max_size" in params else 1
    return profile.max_levels + 1 > split
