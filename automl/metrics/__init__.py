"""How predictions are judged: named metrics, scikit-learn's scorers, and any callable a user brings."""

from automl.metrics.halves import two_halves
from automl.metrics.metric import Array, Decides, Metric, Uses, likeliest_labels
from automl.metrics.named import METRICS, default_metric, metric_named, metrics_for
from automl.metrics.resolve import make_metric, resolve_metric

__all__ = [
    "METRICS",
    "Array",
    "Decides",
    "Metric",
    "Uses",
    "default_metric",
    "likeliest_labels",
    "make_metric",
    "metric_named",
    "metrics_for",
    "resolve_metric",
    "two_halves",
]
