"""Errors of many blends at once: what of predictions a metric reads, and the metric over it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from automl.metrics import Metric
from automl.metrics.probabilities import log_loss, roc_auc
from automl.metrics.values import rmse

Array = NDArray[np.float64]
_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Judge:
    """A metric over some rows with targets `y` (n_rows,), where a prediction has `n_outputs`.

    `facts` of a prediction are what the metric reads of it; the facts of a blend are the blend of the facts.
    """

    metric: Metric
    y: NDArray[Any]
    n_outputs: int

    def facts(self, prediction: Array) -> Array:
        """Reduce a prediction (n_rows, n_outputs): to (n_rows,) where a metric that is known reads no more."""
        if self._fast is _log_losses:
            return prediction[np.arange(len(self.y)), self.y.astype(np.int64)]
        return prediction if self._fast is None else prediction[:, -1]

    def errors(self, blends: Array) -> Array:
        """Judge facts of m blends, (m, n_rows) or (m, n_rows, n_outputs); return (m,) errors, lower is better."""
        if self._fast is not None:
            return self._fast(self.y, blends)
        return np.array([self.metric.error(self.y, blend) for blend in blends])

    @property
    def _fast(self) -> Callable[[NDArray[Any], Array], Array] | None:
        if self.metric.function is log_loss:
            return _log_losses
        if self.metric.function is rmse:
            return _rmses
        return _aucs if self.metric.function is roc_auc and self.n_outputs == 2 else None


def _log_losses(y: NDArray[Any], given: Array) -> Array:
    return np.asarray(-np.log(np.maximum(given, _EPS)).mean(axis=1))


def _rmses(y: NDArray[Any], values: Array) -> Array:
    return np.asarray(np.sqrt(((values - y) ** 2).mean(axis=1)))


def _aucs(y: NDArray[Any], positive: Array) -> Array:
    """One less the area under the curve, from the ranks of the positive rows."""
    mask = y == 1
    n = int(mask.sum())
    if n in {0, len(y)}:
        return np.full(len(positive), 0.5)
    ranks = rankdata(positive, axis=1)[:, mask].sum(axis=1)
    return np.asarray(1 - (ranks - n * (n + 1) / 2) / (n * (len(y) - n)))
