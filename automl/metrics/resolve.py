"""From what a user asks for to a `Metric`: a name, a callable, a scikit-learn scorer, or a metric itself."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from numpy.typing import NDArray

from automl.errors import OptionError, TrialFailed, unknown
from automl.metrics.metric import Array, Metric, Uses
from automl.metrics.named import METRICS, default_metric, metrics_for
from automl.metrics.sklearn_scorers import is_scorer, named_scorer, nearest_scorer, scorer_metric
from automl.task import CLASSIFICATION, REGRESSION, TaskKind

UserFunction = Callable[..., float]
Wanted = str | UserFunction | Metric | None
_USES: tuple[Uses, ...] = ("labels", "probabilities", "values")


def resolve_metric(wanted: Wanted, kind: TaskKind, extra: Mapping[str, Metric] | None = None) -> Metric:
    """Return the metric that was asked for, or raise `OptionError` if it is unknown or does not fit the task.

    A name is looked up among the built-in metrics, then in `extra` (those of plugins), then among the scorers
    of scikit-learn. None or an empty name is the default of the task. For a callable see `make_metric`; it
    may carry the attributes `greater_is_better` and `uses`.
    """
    metric = _found(wanted, kind, extra or {})
    if kind not in metric.kinds:
        fitting = ", ".join(metrics_for(kind, extra))
        raise OptionError(f"metric '{metric.name}' does not fit a {kind.value} task: use one of {fitting}")
    return metric


def make_metric(
    function: UserFunction,
    *,
    name: str = "",
    greater_is_better: bool = True,
    uses: Uses = "labels",
    best: float = 1.0,
) -> Metric:
    """Wrap `function(y_true, y_pred)`, with `sample_weight` if it takes one, which returns a number.

    By `uses` the function receives, with y_true as int64 positions in the task's labels (float64 values if
    `values`):
    - `labels`: y_pred (n_rows,) int64 positions of the decided labels;
    - `probabilities`: y_pred (n_rows,) float64, the probability of the second label, in a binary task;
      (n_rows, n_labels) in a multiclass one;
    - `values`: y_pred (n_rows,) float64, in a regression. Without a parameter `sample_weight` the function
      sees no weights. `best` is its value for a perfect prediction, if greater is better.
    """
    if uses not in _USES:
        raise unknown("use of predictions", uses, _USES)
    wrapped = _UserMetric(function, name or _name_of(function), "sample_weight" in _parameters(function))
    kinds = REGRESSION if uses == "values" else CLASSIFICATION
    return Metric(wrapped.name, kinds, greater_is_better, uses, wrapped, best)


@dataclass(frozen=True, eq=False)  # hashable even where the function is not
class _UserMetric:
    """A class, not a closure: the metric can be sent to another process whenever the function can."""

    function: UserFunction
    name: str
    weighted: bool

    def __call__(self, y: NDArray[Any], prediction: NDArray[Any], weights: Array | None) -> float:
        if prediction.ndim == 2 and prediction.shape[1] == 2:
            prediction = prediction[:, 1]
        options = {"sample_weight": weights} if self.weighted else {}
        value = float(self.function(y, prediction, **options))
        if not math.isfinite(value):
            raise TrialFailed(f"metric '{self.name}' returned {value} for {len(y)} rows: return a finite number always")
        return value


def _found(wanted: Wanted, kind: TaskKind, extra: Mapping[str, Metric]) -> Metric:
    if wanted is None or wanted == "":
        return default_metric(kind)
    if isinstance(wanted, Metric):
        return wanted
    if isinstance(wanted, str):
        found = METRICS.get(wanted) or extra.get(wanted) or named_scorer(wanted)
        if found is None:
            raise unknown("metric", wanted, {*METRICS, *extra, *nearest_scorer(wanted)})
        return found
    if is_scorer(wanted):
        return scorer_metric(wanted)
    if callable(wanted):
        by_kind: Uses = "labels" if kind in CLASSIFICATION else "values"
        return make_metric(
            wanted,
            greater_is_better=bool(getattr(wanted, "greater_is_better", True)),
            uses=cast(Uses, getattr(wanted, "uses", by_kind)),
        )
    raise OptionError(
        "a metric is a name, a function of (y_true, y_pred) or a Metric, "
        f"but got {type(wanted).__qualname__}: pass one of those"
    )


def _name_of(function: object) -> str:
    return str(getattr(function, "__name__", type(function).__name__))


def _parameters(function: UserFunction) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):  # some callables written in C tell nothing
        return {}
