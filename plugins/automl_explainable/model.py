"""One explainable boosting machine behind the contract of a model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from automl.plugin import (
    Features,
    Limits,
    Model,
    Params,
    Part,
    Task,
    TrialFailed,
    load,
    prior,
    real,
    save,
    spread,
    storable,
    whole,
)
from automl_explainable.machine import fit_bags
from automl_explainable.terms import Additive

_FILE = "model.npz"
_NOT_SETTINGS = frozenset({"pairs", "bags"})


@storable("explainable.model")
@dataclass(frozen=True)
class Fitted:
    """What learning leaves.

    `classes`: (n_seen,) int64 labels that the terms know, empty for regression. `prior`: (n_outputs,) float64, the
    prediction where there was nothing to learn (`additive` is None). `names`: the columns, in order.
    """

    classes: NDArray[np.int64]
    prior: NDArray[np.float64]
    names: tuple[str, ...]
    additive: Additive | None

    def __post_init__(self) -> None:
        if self.prior.ndim != 1 or not len(self.prior) or not np.isfinite(self.prior).all():
            raise ValueError("the prior must be a finite vector")
        classes = self.classes
        if classes.ndim != 1 or classes.dtype.kind != "i":
            raise ValueError("the labels must be a vector of integers")
        if len(classes) and (classes.min() < 0 or classes.max() >= len(self.prior)):
            raise ValueError(f"the labels must lie in [0, {len(self.prior)})")
        if self.additive is not None:
            n_scores = len(classes) if len(classes) > 2 else 1
            if len(self.additive.intercept) != n_scores or len(self.additive.axes) != len(self.names):
                raise ValueError("the terms were made for other labels or columns")

    def predict(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return (n_rows, n_labels) probabilities or (n_rows, 1) values."""
        if self.additive is None or not len(matrix):
            return np.tile(self.prior.astype(np.float64), (len(matrix), 1))
        raw = self.additive.raw(matrix)
        if not len(self.classes):
            return raw
        if raw.shape[1] == 1:
            raw = np.column_stack([np.zeros(len(raw)), raw[:, 0]])
        powers = np.exp(raw - raw.max(axis=1, keepdims=True))
        return spread(powers / powers.sum(axis=1, keepdims=True), self.classes, len(self.prior))


class ExplainableModel(Model):
    """An additive model that is its own explanation: `fitted.additive` holds every term."""

    def __init__(self, params: Params, task: Task, seed: int) -> None:
        self._params, self._task, self._seed = dict(params), task, seed
        self.fitted: Fitted | None = None

    @classmethod
    def of(cls, fitted: Fitted) -> ExplainableModel:
        """Return a model that is fitted already."""
        model = cls.__new__(cls)
        model.fitted = fitted
        return model

    def fit(self, train: Part, score: Part | None, limits: Limits) -> None:
        """Fit on the training rows, part of which decide when to stop; the score part is not used."""
        if limits.seconds_left <= 0:
            raise TrialFailed("no time left to fit an explainable boosting machine")
        matrix = train.features.matrix
        classes, y = np.empty(0, dtype=np.int64), cast(NDArray[Any], train.y)
        if self._task.is_classification:
            classes, y = np.unique(train.y.astype(np.int64), return_inverse=True)
        additive = None
        if matrix.shape[1] and len(classes) != 1 and np.ptp(y):
            categorical = np.asarray(train.features.categorical, dtype=np.int64)
            data = (_cells(matrix, categorical), y, _positive(train.weights))
            bags = whole(self._params, "bags")
            settings = self._settings(matrix.shape[1], len(classes))
            additive = fit_bags(settings, data, categorical, self._task.is_classification, bags, limits)
        self.fitted = Fitted(classes, prior(train, self._task), train.features.names, additive)

    def predict(self, features: Features) -> NDArray[np.float64]:
        """Return (n_rows, n_labels) probabilities or (n_rows, 1) values."""
        if self.fitted is None:
            raise TrialFailed("asked to predict before fitting: call fit first")
        return self.fitted.predict(features.matrix)

    def save(self, folder: Path) -> None:
        """Write the terms to one file of arrays; InterpretML is not needed to read them."""
        save(self.fitted, folder / _FILE)

    def _settings(self, n_features: int, n_classes: int) -> dict[str, Any]:
        share = real(self._params, "pairs") if "pairs" in self._params and n_classes <= 2 else 0.0
        return {
            **{name: value for name, value in self._params.items() if name not in _NOT_SETTINGS},
            "interactions": min(round(share * n_features), n_features * (n_features - 1) // 2),
            "random_state": self._seed % (2**30),
        }


def load_model(folder: Path) -> ExplainableModel:
    """Read back a model: arrays only, validated."""
    return ExplainableModel.of(load(folder / _FILE, Fitted))


def _cells(matrix: NDArray[np.float32], categorical: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the matrix with code 0 (missing, unseen or rare) as NaN, so that it shares the bin of gaps."""
    cells = matrix.astype(np.float64)
    codes = cells[:, categorical]
    cells[:, categorical] = np.where(codes > 0, codes, np.nan)
    return cells


def _positive(weights: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
    """Return weights that are all positive, since the machine refuses a weight of zero."""
    return None if weights is None else np.maximum(weights, 1e-9 * max(weights.mean(), 1e-300))
