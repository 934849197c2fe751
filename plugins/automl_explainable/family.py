"""The explainable boosting machine as a family: its strong configurations, its space and its cost."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from automl.plugin import (
    TABULAR,
    Encoding,
    FamilyDeclined,
    ModelFamily,
    Param,
    Params,
    Profile,
    Role,
    Suggest,
    Task,
    learned_portfolio,
    real,
    whole,
    width,
)
from automl_explainable.model import ExplainableModel, load_model

_MOST_COLUMNS = 500  # a person cannot read more terms, and fitting them takes minutes
_MOST_LABELS = 20  # as many curves a column
_FEWEST = 10  # rows of a level that gets its own score; InterpretML's own `min_cat_samples`


class ExplainableBoosting(ModelFamily):
    """Boosted curves, one a column and some pairs of columns, that add up to the prediction.

    Source: Lou, Caruana, Gehrke and Hooker 2013 (DOI 10.1145/2487575.2487579), by InterpretML (Nori et al. 2019, arXiv
    1909.09223). Texts become dozens of columns that nobody can read, so they are left to other families.
    """

    name = "explainable_boosting"
    inputs: ClassVar[frozenset[Role]] = TABULAR - {Role.TEXT}
    refit: ClassVar[bool] = True  # one model on all rows can be explained; the mean of several cannot

    def accepts(self, task: Task, profile: Profile) -> None:
        """Decline tables whose model nobody could read."""
        columns = width(profile, texts=False)
        if columns > _MOST_COLUMNS:
            raise FamilyDeclined(f"{columns} columns are too many to explain, the most is {_MOST_COLUMNS}")
        if profile.n_outputs > _MOST_LABELS:
            raise FamilyDeclined(f"{profile.n_outputs} labels are too many to explain, the most is {_MOST_LABELS}")

    def portfolio(self, task: Task, profile: Profile) -> list[Params]:
        """InterpretML's defaults with two bags of its 14 and a higher rate, for time; without pairs first, then with.

        Curves alone are the easiest to read, and take a tenth of the time.
        """
        entries = [
            _entry(rate=0.03, leaves=2, leaf_rows=4, smoothing=75, pairs=0.0),
            _entry(rate=0.03, leaves=2, leaf_rows=4, smoothing=75, pairs=1.0),
            _entry(rate=0.04, leaves=3, leaf_rows=10, smoothing=200, pairs=1.0),
        ]
        return learned_portfolio(self, [_for_task(entry, task) for entry in entries], task, profile)

    def suggest(self, trial: Suggest, task: Task, profile: Profile) -> Params:
        """Sample rates, smoothness and the number of pairs."""
        params: dict[str, Param] = {
            "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.2, log=True),
            "max_leaves": trial.suggest_int("max_leaves", 2, 4),
            "min_samples_leaf": trial.suggest_int("min_samples_leaf", 2, 50, log=True),
            "smoothing_rounds": trial.suggest_int("smoothing_rounds", 10, 300, log=True),
            "bags": trial.suggest_int("bags", 1, 4),
        }
        if task.n_outputs <= 2:
            params["pairs"] = trial.suggest_float("pairs", 0.0, 2.0)
        return params

    def encoding(self, params: Params, task: Task) -> Encoding:
        """Numbers as they are, gaps included, and codes, so that the terms speak of the table's own values.

        Rare levels share a bin with gaps: a curve over hundreds of names says nothing, and pairs of them take minutes.
        """
        return Encoding(text="drop", min_count=_FEWEST)

    def cost(self, params: Params, task: Task, profile: Profile) -> float:
        """Estimate: steps times rows (measured on one core)."""
        columns, groups = width(profile, texts=False), profile.n_outputs if profile.n_outputs > 2 else 1
        step = 3.5e-5 + 4e-9 * profile.n_rows * groups
        rounds = 20.0 / real(params, "learning_rate") + whole(params, "smoothing_rounds")
        pairs = real(params, "pairs") if "pairs" in params else 0.0
        terms = columns * (1 + 6 * pairs)  # a pair's table takes about six times as long as a curve
        return 0.2 + whole(params, "bags") * step * rounds * terms

    def build(self, params: Params, task: Task, seed: int) -> ExplainableModel:
        """Return an unfitted model."""
        return ExplainableModel(params, task, seed)

    def load(self, folder: Path) -> ExplainableModel:
        """Read back the terms and the labels."""
        return load_model(folder)


def _entry(*, rate: float, leaves: int, leaf_rows: int, smoothing: int, pairs: float) -> dict[str, Param]:
    return {
        "learning_rate": rate,
        "max_leaves": leaves,
        "min_samples_leaf": leaf_rows,
        "smoothing_rounds": smoothing,
        "bags": 2,
        "pairs": pairs,
    }


def _for_task(entry: dict[str, Param], task: Task) -> Params:
    """Leave out pairs where there are more than two labels: InterpretML boosts none then."""
    return entry if task.n_outputs <= 2 else {name: value for name, value in entry.items() if name != "pairs"}
