"""Gaussian naive Bayes with a temper: its evidence counts for less, because columns are not independent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.plugin import CLASSIFICATION, Encoding, Params, Profile, Suggest, Task, storable
from automl_classical.arrays import ArrayFamily, Lesson
from automl_classical.outputs import check_classes, check_shape, softmax, spread
from automl_classical.params import real, scaled_encoding, suggest_shared, width


@storable("classical.naive_bayes")
@dataclass(frozen=True)
class Gaussians:
    """A normal distribution a class and column: `mean`, `variance` (n_seen, n_features) and `log_prior` (n_seen,).

    `temper` in (0, 1] scales the columns' evidence against the prior's.
    """

    mean: NDArray[np.float64]
    variance: NDArray[np.float64]
    log_prior: NDArray[np.float64]
    classes: NDArray[np.int64]
    n_outputs: int
    temper: float

    def __post_init__(self) -> None:
        check_classes(self.classes, self.n_outputs)
        check_shape("log_prior", self.log_prior, self.classes.shape)
        check_shape("mean", self.mean, (len(self.classes), self.mean.shape[-1]))
        check_shape("variance", self.variance, self.mean.shape)
        if (self.variance <= 0).any():
            raise ValueError("variances must be positive")

    def predict(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return probabilities (n_rows, n_outputs) float64."""
        X = matrix.astype(np.float64)
        precision = 1 / self.variance
        # Σ (x-m)²/v as three products, so that no (n_rows, n_classes, n_features) array is needed.
        distance = X**2 @ precision.T - 2 * X @ (self.mean * precision).T
        distance += (self.mean**2 * precision).sum(axis=1) + np.log(self.variance).sum(axis=1)
        return spread(softmax(self.log_prior - 0.5 * self.temper * distance), self.classes, self.n_outputs)


class NaiveBayes(ArrayFamily):
    """Gaussian naive Bayes on quantiles and levels."""

    name = "naive_bayes"
    tasks = CLASSIFICATION
    state = Gaussians

    def portfolio(self, task: Task, profile: Profile) -> list[Params]:
        """Quantiles with tempered evidence, then the classical form on half of the columns."""
        return [
            {"numeric": "quantile", "keep": 1.0, "smoothing": 1e-2, "temper": 0.5},
            {"numeric": "quantile", "keep": 0.5, "smoothing": 1e-2, "temper": 1.0},
        ]

    def suggest(self, trial: Suggest, task: Task, profile: Profile) -> Params:
        """Sample the search space."""
        return {
            **suggest_shared(trial),
            "smoothing": trial.suggest_float("smoothing", 1e-4, 1.0, log=True),
            "temper": trial.suggest_float("temper", 0.05, 1.0, log=True),
        }

    def encoding(self, params: Params, task: Task) -> Encoding:
        """Quantiles or standardised numbers, one-hot levels."""
        return scaled_encoding(params)

    def cost(self, params: Params, task: Task, profile: Profile) -> float:
        """Estimate: a few passes over the matrix."""
        return 0.005 + 1.2e-8 * profile.n_rows * width(profile, onehot=True)

    def learn(self, lesson: Lesson) -> Gaussians:
        """Take weighted means and variances, class by class."""
        X, weights = lesson.matrix.astype(np.float64), lesson.weights
        classes, y = lesson.classes
        overall = np.average((X - np.average(X, axis=0, weights=weights)) ** 2, axis=0, weights=weights)
        member = np.zeros((len(classes), len(y)))
        member[y, np.arange(len(y))] = weights
        counts = member.sum(axis=1, keepdims=True)
        mean = member @ X / counts
        variance = np.maximum(member @ X**2 / counts - mean**2, 0.0)
        # Shrinking towards the variance of all rows keeps a class of one row, or a rare level, from being certain.
        floor = real(lesson.params, "smoothing") * np.maximum(overall, 1e-3 * max(overall.max(), 1e-12))
        variance = (counts * variance + overall) / (counts + 1) + floor
        prior = np.log(counts[:, 0] / counts.sum())
        temper = real(lesson.params, "temper")
        return Gaussians(mean, variance, prior, classes, lesson.task.n_outputs, temper)
