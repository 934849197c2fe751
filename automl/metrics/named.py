"""The metrics that have a name, and the one each kind of task starts with."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from automl.errors import unknown
from automl.metrics import labels, probabilities, values
from automl.metrics.metric import Metric, MetricFunction, Uses
from automl.task import CLASSIFICATION, REGRESSION, TaskKind

_BINARY = frozenset({TaskKind.BINARY})
_Row = tuple[MetricFunction, frozenset[TaskKind], bool, Uses]

_TABLE: tuple[_Row, ...] = (
    (probabilities.roc_auc, CLASSIFICATION, True, "probabilities"),
    (probabilities.log_loss, CLASSIFICATION, False, "probabilities"),
    (probabilities.average_precision, CLASSIFICATION, True, "probabilities"),
    (probabilities.brier, CLASSIFICATION, False, "probabilities"),
    (labels.accuracy, CLASSIFICATION, True, "labels"),
    (labels.balanced_accuracy, CLASSIFICATION, True, "labels"),
    (labels.f1, _BINARY, True, "labels"),
    (labels.f1_macro, CLASSIFICATION, True, "labels"),
    (labels.precision, _BINARY, True, "labels"),
    (labels.recall, _BINARY, True, "labels"),
    (labels.mcc, CLASSIFICATION, True, "labels"),
    (labels.quadratic_kappa, CLASSIFICATION, True, "labels"),
    (values.rmse, REGRESSION, False, "values"),
    (values.mae, REGRESSION, False, "values"),
    (values.r2, REGRESSION, True, "values"),
    (values.mape, REGRESSION, False, "values"),
    (values.rmsle, REGRESSION, False, "values"),
    (values.spearman, REGRESSION, True, "values"),
)


def _named(row: _Row) -> Metric:
    function, kinds, greater_is_better, uses = row
    name: str = function.__name__
    return Metric(name, kinds, greater_is_better, uses, function)


METRICS: Mapping[str, Metric] = MappingProxyType({metric.name: metric for metric in map(_named, _TABLE)})
"""The built-in metrics by name; each is documented at its function."""

_DEFAULTS = {TaskKind.BINARY: "roc_auc", TaskKind.MULTICLASS: "log_loss", TaskKind.REGRESSION: "rmse"}


def metric_named(name: str) -> Metric:
    """Return the built-in metric of this name; raise `OptionError` with the nearest one otherwise."""
    if name not in METRICS:
        raise unknown("metric", name, METRICS)
    return METRICS[name]


def default_metric(kind: TaskKind) -> Metric:
    """Return the metric of a task for which none was asked."""
    return METRICS[_DEFAULTS[kind]]


def metrics_for(kind: TaskKind, extra: Mapping[str, Metric] | None = None) -> list[str]:
    """Return the names that fit a kind of task, sorted, those of plugins included."""
    every = {**(extra or {}), **METRICS}
    return sorted(name for name, metric in every.items() if kind in metric.kinds)
