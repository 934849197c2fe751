"""scikit-learn's scorers as metrics: their function, sign and kind of response, without an estimator."""

from __future__ import annotations

import difflib
import inspect
import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.errors import TrialFailed
from automl.metrics import probabilities, values
from automl.metrics.metric import Array, Metric, MetricFunction, Uses
from automl.task import CLASSIFICATION, REGRESSION, TaskKind

_OURS: Mapping[str, tuple[MetricFunction, Uses]] = {
    "neg_log_loss": (probabilities.log_loss, "probabilities"),
    "neg_brier_score": (probabilities.brier, "probabilities"),
    "neg_root_mean_squared_error": (values.rmse, "values"),
    "neg_root_mean_squared_log_error": (values.rmsle, "values"),
    "neg_mean_absolute_error": (values.mae, "values"),
    "neg_mean_absolute_percentage_error": (values.mape, "values"),
}
"""Scorers that a metric of ours computes too, and faster."""


def is_scorer(value: object) -> bool:
    """Whether a value is what scikit-learn's `make_scorer` returns."""
    return hasattr(value, "_score_func") and hasattr(value, "_response_method")


def named_scorer(name: str) -> Metric | None:
    """Return the scorer of this name as a metric, None where scikit-learn has none."""
    if name in _OURS:
        function, uses = _OURS[name]
        kinds = REGRESSION if uses == "values" else CLASSIFICATION
        return Metric(name, kinds, True, uses, _Negated(function), best=0.0)
    from sklearn.metrics import get_scorer, get_scorer_names

    return scorer_metric(get_scorer(name), name) if name in get_scorer_names() else None


def nearest_scorer(name: str) -> list[str]:
    """Return the scorer's name nearest to a misspelled one, if any is near."""
    from sklearn.metrics import get_scorer_names

    return difflib.get_close_matches(name, get_scorer_names(), n=1)


def scorer_metric(scorer: Any, name: str = "") -> Metric:
    """Turn a scorer into a metric with the scorer's own sign: `neg_…` is negative, and at best 0."""
    function, sign = scorer._score_func, int(scorer._sign)
    name = name or function.__name__
    kinds = _kinds(function, scorer._kwargs)
    uses: Uses = "values" if kinds == REGRESSION else "labels"
    if scorer._response_method != "predict":
        uses = "probabilities"
    parameters = tuple(inspect.signature(function).parameters)
    wrapped = _ScorerMetric(function, name, sign, dict(scorer._kwargs), parameters)
    return Metric(name, kinds, True, uses, wrapped, best=1.0 if sign > 0 else 0.0)


def _kinds(function: Any, options: Mapping[str, Any]) -> frozenset[TaskKind]:
    """Tell the kinds of task by where a function lives and how it averages; none for a metric of clusters."""
    module = str(getattr(function, "__module__", ""))
    if module.endswith("_regression"):
        return REGRESSION
    if ".cluster" in module or options.get("average") == "samples":
        return frozenset()
    parameters = inspect.signature(function).parameters
    averages = options.get("average", parameters["average"].default if "average" in parameters else None)
    binary_only = averages == "binary" or "likelihood_ratio" in function.__name__
    if function.__name__ == "roc_auc_score" and options.get("multi_class", "raise") == "raise":
        binary_only = True
    return frozenset({TaskKind.BINARY}) if binary_only else CLASSIFICATION


@dataclass(frozen=True)
class _Negated:
    function: MetricFunction

    def __call__(self, y: NDArray[Any], prediction: NDArray[Any], weights: Array | None) -> float:
        return -self.function(y, prediction, weights)


@dataclass(frozen=True, eq=False)  # hashable, which options are not
class _ScorerMetric:
    function: Any
    name: str
    sign: int
    options: Mapping[str, Any] = field(default_factory=dict)
    parameters: tuple[str, ...] = ()

    def __call__(self, y: NDArray[Any], prediction: NDArray[Any], weights: Array | None) -> float:
        options = dict(self.options)
        if weights is not None and "sample_weight" in self.parameters:
            options["sample_weight"] = weights
        if prediction.ndim == 2:
            n_labels = prediction.shape[1]
            # Folds can lack a label, which scikit-learn would otherwise take for a table with fewer.
            if "labels" in self.parameters:
                options["labels"] = np.arange(n_labels)
            prediction = prediction[:, 1] if n_labels == 2 else prediction
        value = self._value(y, prediction, options)
        if not math.isfinite(value):
            raise TrialFailed(
                f"metric '{self.name}' of scikit-learn is undefined for these {len(y)} rows: choose a built-in metric"
            )
        return self.sign * value

    def _value(self, y: NDArray[Any], prediction: NDArray[Any], options: dict[str, Any]) -> float:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an undefined value is reported below
            try:
                return float(self.function(y, prediction, **options))
            except ValueError as error:
                message = f"metric '{self.name}' of scikit-learn cannot judge these rows: {error}"
                raise TrialFailed(message) from error
