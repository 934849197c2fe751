"""Gaussian naive Bayes with a temper: its evidence counts for less, because columns are not independent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.plugin import (
    CLASSIFICATION,
    Encoding,
    Params,
    Profile,
    Suggest,
    Task,
    learned_portfolio,
    real,
    spread,
    storable,
    width,
)
from automl_classical.arrays import ArrayFamily, Lesson
from automl_classical.inner import INNER_FOLDS, inner_folds
from automl_classical.outputs import check_classes, check_shape, softmax
from automl_classical.params import scaled_encoding, suggest_shared

_LIMIT = 3.0  # deviations; the tails are not normal, and one wild value would outvote every other column
_TEMPERS = tuple(float(temper) for temper in np.geomspace(0.01, 1.0, 25))


@storable("classical.naive_bayes")
@dataclass(frozen=True)
class Evidence:
    """Log-likelihoods that are quadratic in each column: normal for numbers, Bernoulli (no square) for indicators.

    `quadratic` and `linear` are (n_features, n_seen), `constant` and `log_prior` (n_seen,) float64. `temper` in (0, 1]
    scales the columns' evidence against the prior's.
    """

    quadratic: NDArray[np.float64]
    linear: NDArray[np.float64]
    constant: NDArray[np.float64]
    log_prior: NDArray[np.float64]
    classes: NDArray[np.int64]
    n_outputs: int
    temper: float

    def __post_init__(self) -> None:
        check_classes(self.classes, self.n_outputs)
        check_shape("log_prior", self.log_prior, self.classes.shape)
        check_shape("constant", self.constant, self.classes.shape)
        check_shape("linear", self.linear, (len(self.linear), len(self.classes)))
        check_shape("quadratic", self.quadratic, self.linear.shape)

    def evidence(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return log-likelihoods of the columns, (n_rows, n_seen) float64 up to a constant."""
        X = _clipped(matrix)
        return np.asarray(X**2 @ self.quadratic + X @ self.linear + self.constant, dtype=np.float64)

    def predict(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return probabilities (n_rows, n_outputs) float64."""
        logits = self.log_prior + self.temper * self.evidence(matrix)
        return spread(softmax(logits), self.classes, self.n_outputs)


class NaiveBayes(ArrayFamily):
    """Gaussian naive Bayes on quantiles and levels."""

    name = "naive_bayes"
    tasks = CLASSIFICATION
    state = Evidence

    def portfolio(self, task: Task, profile: Profile) -> list[Params]:
        """Quantiles of all columns, then of half of them."""
        entries: list[Params] = [
            {"numeric": "quantile", "keep": 1.0, "smoothing": 0.3},
            {"numeric": "quantile", "keep": 0.5, "smoothing": 0.1},
        ]
        return learned_portfolio(self, entries, task, profile)

    def suggest(self, trial: Suggest, task: Task, profile: Profile) -> Params:
        """Sample the search space."""
        return {
            **suggest_shared(trial),
            "smoothing": trial.suggest_float("smoothing", 1e-3, 1.0, log=True),
        }

    def encoding(self, params: Params, task: Task) -> Encoding:
        """Quantiles or standardised numbers, one-hot levels."""
        return scaled_encoding(params)

    def cost(self, params: Params, task: Task, profile: Profile) -> float:
        """Estimate: a few passes over the matrix."""
        return 0.005 + 1.2e-8 * profile.n_rows * width(profile, onehot=True)

    def learn(self, lesson: Lesson) -> Evidence:
        """Take weighted means and variances, class by class, and the temper that suits rows of inner folds best."""
        X, weights = _clipped(lesson.matrix), lesson.weights
        classes, y = lesson.classes
        member = np.zeros((len(classes), len(y)))
        member[y, np.arange(len(y))] = weights
        counts = member.sum(axis=1, keepdims=True)
        prior = np.log(np.maximum(counts[:, 0], 1e-12) / counts.sum())
        shared = real(lesson.params, "smoothing")
        untempered = Evidence(
            **_terms(X, member, shared), log_prior=prior, classes=classes, n_outputs=lesson.task.n_outputs, temper=1.0
        )
        fold = inner_folds(y, lesson.seed)
        evidence = np.zeros((len(y), len(classes)))
        for index in range(INNER_FOLDS):
            apart = replace(untempered, **_terms(X[fold != index], member[:, fold != index], shared))
            evidence[fold == index] = apart.evidence(lesson.matrix[fold == index])

        def loss(temper: float) -> float:
            p = softmax(prior + temper * evidence)[np.arange(len(y)), y]
            return -float(weights @ np.log(np.maximum(p, 1e-300)))

        return replace(untempered, temper=min(_TEMPERS, key=loss))


def _terms(X: NDArray[np.float64], member: NDArray[np.float64], shared: float) -> dict[str, Any]:
    """Return the quadratic, linear and constant terms of each class's log-likelihood.

    Each class's estimates hold one row's worth of the whole table's, and are then drawn towards them by the share
    `shared`: a class of few rows, or a level that a class lacks, is not certain of anything.
    """
    counts, share = member.sum(axis=1, keepdims=True), member.sum(axis=0) / member.sum()
    middle = share @ X
    overall = np.maximum(share @ X**2 - middle**2, 0.0)
    raw = member @ X / np.maximum(counts, 1e-12)
    mean = (counts * raw + middle) / (counts + 1)
    variance = (counts * np.maximum(member @ X**2 / np.maximum(counts, 1e-12) - raw**2, 0.0) + overall) / (counts + 1)
    variance = (1 - shared) * variance + shared * overall + 1e-3 * max(float(overall.max()), 1e-9)
    # Indicators of levels are 0 or 1: a normal distribution would make a rare level decide everything.
    indicator = ((X == 0) | (X == 1)).all(axis=0)
    likely = np.clip((1 - shared) * mean + shared * middle, 1e-6, 1 - 1e-6)
    quadratic = np.where(indicator, 0.0, -0.5 / variance)
    linear = np.where(indicator, np.log(likely / (1 - likely)), mean / variance)
    normal = -0.5 * (mean**2 / variance + np.log(variance))
    constant = np.where(indicator, np.log(1 - likely), normal).sum(axis=1)
    return {"quadratic": quadratic.T.copy(), "linear": linear.T.copy(), "constant": constant}


def _clipped(matrix: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.clip(matrix, -_LIMIT, _LIMIT).astype(np.float64)
