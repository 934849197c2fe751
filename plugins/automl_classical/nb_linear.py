"""Linear models of texts as they are: words and characters, scaled by naive Bayes."""

from __future__ import annotations

from typing import Literal, cast

import numpy as np

from automl.plugin import (
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
    width,
)
from automl_classical.arrays import ArrayFamily, Lesson
from automl_classical.text_linear import (
    Rows,
    Scaling,
    Settings,
    TextLinear,
    learn_labels,
    learn_margins,
    learn_values,
    scaled,
    side_by_side,
)
from automl_classical.vocabulary import WEIGHTINGS, Weighting, learn_vocabulary, wishes

Loss = Literal["logistic", "hinge"]
_MOST_ROWS = 200_000
_TEXTS: dict[str, Param] = {"words": 2, "characters": 5, "weighting": "sublinear", "min_df": 2}


class NBLinear(ArrayFamily):
    """NB-scaled logistic regression and support vector machines over TF-IDF of words and characters; ridge for values.

    After Wang and Manning 2012 (aclanthology.org/P12-2018). Labels are learned together, not one against the rest, so
    that scores are probabilities; what the paper does by interpolating weights with their mean after fitting is done by
    drawing them to it (`scaling="pulled"`). The other columns are appended, scaled and one-hot.
    """

    name = "nb_linear"
    state = TextLinear

    def accepts(self, task: Task, profile: Profile) -> None:
        """Decline tables without texts, and very large ones."""
        if not profile.count(Role.TEXT):
            raise FamilyDeclined("needs a column of text, and there is none")
        if profile.n_rows > _MOST_ROWS:
            raise FamilyDeclined(f"needs at most {_MOST_ROWS:,} rows, but there are {profile.n_rows:,}")

    def portfolio(self, task: Task, profile: Profile) -> list[Params]:
        """Terms as they are, times their ratios, and drawn to the mean; then words only, and machines.

        Which of the first three is best differs: chosen on a fifth of the training rows of reviews and of questions.
        """
        if not task.is_classification:
            return learned_portfolio(self, [{**_TEXTS, "C": C} for C in (3.0, 30.0, 0.3)], task, profile)
        grid: list[tuple[dict[str, Param], Loss, Scaling, float]] = [
            ({}, "logistic", "none", 5.0),
            ({}, "logistic", "bayes", 5.0),
            ({}, "logistic", "pulled", 0.3),
            ({"characters": 0, "words": 3, "min_df": 1}, "logistic", "bayes", 5.0),
            ({}, "hinge", "none", 0.3),
        ]
        entries: list[Params] = [
            {**_TEXTS, **changes, "loss": loss, "scaling": scaling, "alpha": 0.3, "C": C}
            for changes, loss, scaling, C in grid
        ]
        return learned_portfolio(self, entries, task, profile)

    def suggest(self, trial: Suggest, task: Task, profile: Profile) -> Params:
        """Sample the search space; C is the inverse of the penalty's strength, `characters` 0 leaves them out."""
        params: dict[str, Param] = {
            "words": trial.suggest_int("words", 1, 3),
            "characters": trial.suggest_categorical("characters", [0, 3, 4, 5, 6]),
            "weighting": trial.suggest_categorical("weighting", list(WEIGHTINGS)),
            "min_df": trial.suggest_int("min_df", 1, 5),
        }
        if task.is_classification:
            params["loss"] = trial.suggest_categorical("loss", ["logistic", "hinge"])
            params["scaling"] = trial.suggest_categorical("scaling", ["none", "bayes", "pulled"])
            params["alpha"] = trial.suggest_float("alpha", 0.03, 10.0, log=True)
        params["C"] = trial.suggest_float("C", 0.01, 100.0, log=True)
        return params

    def encoding(self, params: Params, task: Task) -> Encoding:
        """Texts as they are; numbers of variance one, and one-hot levels."""
        return Encoding("standard", missing="impute", categorical="onehot", text="raw")

    def cost(self, params: Params, task: Task, profile: Profile) -> float:
        """Estimate from texts of some twenty words: counting them, and passes over their terms for each label."""
        terms = profile.count(Role.TEXT) * (20 * whole(params, "words") + 40 * whole(params, "characters"))
        outputs = profile.n_outputs if task.is_classification else 1
        passes = 3.0 if task.is_classification and text(params, "loss") == "hinge" else 1.0
        columns = width(profile, onehot=True, texts=False)
        return 0.05 + profile.n_rows * (4e-7 * terms + 2e-7 * passes * outputs * (terms + columns))

    def learn(self, lesson: Lesson) -> TextLinear:
        """Learn vocabularies, and then weights by the loss that the parameters name."""
        params, task, limits = lesson.params, lesson.task, lesson.limits
        classes, y = lesson.classes if task.is_classification else (np.empty(0, dtype=np.int64), lesson.train.y)
        n_scores = len(classes) or 1
        weighting = cast(Weighting, text(params, "weighting"))
        wanted = wishes(whole(params, "words"), whole(params, "characters"), weighting, whole(params, "min_df"))
        found = [
            learn_vocabulary(cells, column, wish, n_scores)
            for column, cells in lesson.train.features.raw.items()
            for wish in wanted
        ]
        if limits.seconds_left <= 0:
            raise TrialFailed("no time left after counting the terms of the texts")
        texts = side_by_side([block for _, block in found], len(y))
        rows = Rows(texts, scaled(lesson.matrix), lesson.weights)
        vocabularies = tuple(vocabulary for vocabulary, _ in found)
        C = real(params, "C")
        if not task.is_classification:
            fitted, low, high = learn_values(rows, y.astype(np.float64), C, limits)
            return TextLinear(vocabularies, fitted.coef.astype(np.float32), fitted.intercept, classes, 1, low, high)
        settings = Settings(cast(Scaling, text(params, "scaling")), real(params, "alpha"), C)
        labels = y.astype(np.int64)
        if text(params, "loss") == "hinge":
            fitted = learn_margins(rows, labels, n_scores, settings, limits, lesson.seed)
        else:
            fitted = learn_labels(rows, labels, n_scores, settings, limits)
        return TextLinear(vocabularies, fitted.coef.astype(np.float32), fitted.intercept, classes, task.n_outputs)
