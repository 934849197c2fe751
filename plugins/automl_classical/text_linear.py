"""A linear model of sparse texts and dense columns: what is saved, and how its parts are learned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from automl.plugin import Features, Limits, TrialFailed, storable
from automl_classical.arrays import ReadsCells
from automl_classical.inner import INNER_FOLDS, inner_folds
from automl_classical.logistic import Penalty, fit_softmax
from automl_classical.outputs import bounds, check_linear, decided
from automl_classical.sparse_descent import (
    Design,
    Loss,
    Vector,
    Weights,
    cross_entropy,
    descend,
    squared_error,
    squared_hinge,
)
from automl_classical.vocabulary import Sparse, Vocabulary

Scaling = Literal["none", "bayes", "pulled"]
"""Terms as they are; times their log-count ratios; the same, with weights that are drawn to their mean, not to zero."""

_DENSE = 0.3
"""Dense columns are of variance one and rows of texts of length one: so scaled, one penalty suits both."""


@storable("classical.text_linear")
@dataclass(frozen=True)
class TextLinear(ReadsCells):
    """Weights `coef` (n_terms + n_features, n_scores) float32, those of the vocabularies' terms first, in their order.

    `intercept` (n_scores,) float64; `classes` (n_seen,) int64 are the labels of the scores, empty for regression, whose
    predictions are clipped to [`low`, `high`].
    """

    vocabularies: tuple[Vocabulary, ...]
    coef: NDArray[np.float32]
    intercept: NDArray[np.float64]
    classes: NDArray[np.int64]
    n_outputs: int
    low: float = 0.0
    high: float = 0.0

    def __post_init__(self) -> None:
        check_linear(self.coef, self.intercept, self.classes, self.n_outputs)
        if len(self.coef) < sum(len(vocabulary.terms) for vocabulary in self.vocabularies):
            raise ValueError("a linear model of texts needs weights for each term")

    def predict_features(self, features: Features) -> NDArray[np.float64]:
        """Return (n_rows, n_outputs) float64."""
        texts = side_by_side([one.read(features.raw[one.column]) for one in self.vocabularies], features.n_rows)
        scores = Weights(self.coef, self.intercept).scores(texts, scaled(features.matrix))
        return decided(scores, self.classes, self.n_outputs, self.low, self.high)


@dataclass(frozen=True)
class Rows:
    """Training rows: texts (n_rows, n_terms), dense columns (n_rows, n_features), weights (n_rows,) of mean one."""

    texts: Sparse
    dense: NDArray[np.float32]
    weights: Vector

    def take(self, which: NDArray[Any]) -> Rows:
        """Return some rows."""
        return Rows(self.texts[which], self.dense[which], self.weights[which])


@dataclass(frozen=True)
class Settings:
    """How labels are learned: `alpha` is added to counts before their ratios, `C` is the penalty's inverse strength."""

    scaling: Scaling
    alpha: float
    C: float


def side_by_side(blocks: list[Sparse], n_rows: int) -> Sparse:
    """Return blocks of so many rows as one, without columns where there is none."""
    from scipy.sparse import csr_array, hstack

    return hstack(blocks, format="csr") if blocks else csr_array((n_rows, 0), dtype=np.float32)


def scaled(matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the dense columns on the scale of the texts."""
    return matrix * np.float32(_DENSE)


def log_ratios(texts: Sparse, onehot: Vector, weights: Vector, alpha: float) -> NDArray[np.float32]:
    """Return each term's log-count ratio for each label against the others, (n_terms, n_labels) float32.

    Wang and Manning 2012, Baselines and bigrams, aclanthology.org/P12-2018; here rows count by their TF-IDF.
    """
    member = onehot * weights[:, None]
    inside = np.asarray(texts.T @ member, dtype=np.float64) + alpha
    outside = np.asarray(texts.T @ (weights[:, None] - member), dtype=np.float64) + alpha
    ratio = np.log(inside / inside.sum(axis=0, keepdims=True)) - np.log(outside / outside.sum(axis=0, keepdims=True))
    return np.asarray(ratio, dtype=np.float32)


def learn_labels(rows: Rows, y: NDArray[np.int64], n_labels: int, settings: Settings, limits: Limits) -> Weights:
    """Fit a multinomial logistic regression."""
    return _fit(rows, y, n_labels, settings, cross_entropy, limits)


def learn_margins(
    rows: Rows, y: NDArray[np.int64], n_labels: int, settings: Settings, limits: Limits, seed: int
) -> Weights:
    """Fit support vector machines and a logistic regression on their decisions about rows of inner folds.

    One penalty on the decisions' weights, of a row's worth, is enough where they separate the labels perfectly.
    """
    decisions = np.zeros((len(y), n_labels))
    fold = inner_folds(y, seed)
    for index in range(INNER_FOLDS):
        if limits.seconds_left <= 0:
            raise TrialFailed("no time left to calibrate the support vector machines")
        train, score = np.flatnonzero(fold != index), np.flatnonzero(fold == index)
        if len(score):
            inner = _fit(
                rows.take(train),
                y[train],
                n_labels,
                settings,
                squared_hinge,
                limits.share(1 / (INNER_FOLDS + 1 - index)),
            )
            decisions[score] = inner.scores(rows.texts[score], rows.dense[score])
    coef, intercept = fit_softmax(decisions, y, rows.weights, Penalty(1 / len(y)), limits.share(0.2))
    final = _fit(rows, y, n_labels, settings, squared_hinge, limits)
    return Weights(final.coef @ coef, final.intercept @ coef + intercept)


def learn_values(rows: Rows, y: Vector, C: float, limits: Limits) -> tuple[Weights, float, float]:
    """Fit a ridge regression; also return the lowest and the highest value to predict."""
    share = rows.weights / rows.weights.sum()
    shift = float(share @ y)
    spread_of_y = float(np.sqrt(share @ (y - shift) ** 2)) or 1.0
    target = ((y - shift) / spread_of_y)[:, None]
    scale = np.ones((rows.texts.shape[1], 1), dtype=np.float32)
    design = Design(rows.texts, rows.dense, scale, pulled=False)
    found = descend(design, squared_error(target, share), 1 / (C * len(y)), np.zeros(1), limits)
    return Weights(found.coef * spread_of_y, found.intercept * spread_of_y + shift), *bounds(y)


def _fit(
    rows: Rows,
    y: NDArray[np.int64],
    n_labels: int,
    settings: Settings,
    loss: Callable[[Vector, Vector], Loss],
    limits: Limits,
) -> Weights:
    onehot = np.zeros((len(y), n_labels))
    onehot[np.arange(len(y)), y] = 1.0
    share = rows.weights / rows.weights.sum()
    scale = np.ones((rows.texts.shape[1], n_labels), dtype=np.float32)
    if settings.scaling != "none":
        scale = log_ratios(rows.texts, onehot, rows.weights, settings.alpha)
    design = Design(rows.texts, rows.dense, scale, settings.scaling == "pulled")
    usual = np.maximum(share @ onehot, 1e-12)
    start = np.log(usual) if loss is cross_entropy else 2 * usual - 1
    return descend(design, loss(onehot, share), 1 / (settings.C * len(y)), start, limits)
