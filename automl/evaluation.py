"""What there is to say of a saved model: its scores on rows with known targets, and what its features are worth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl.data.apply import to_table
from automl.data.prepare import DataOptions, encode_rows
from automl.data.read import read_table
from automl.errors import AutoMLError
from automl.fitted import FittedModel
from automl.importance import Effort, describe_features, measure_effects
from automl.metrics import metrics_for, resolve_metric
from automl.plugin.registry import discover

if TYPE_CHECKING:
    import pandas as pd


def evaluate_model(
    fitted: FittedModel, frame: pd.DataFrame, names: list[str] | None = None, folder: Path | None = None
) -> dict[str, float]:
    """Score a model on rows with known targets; by default with every metric that fits the task, its own first.

    Image paths start from `folder`.
    """
    kind = fitted.task.kind
    extra = discover().metrics
    wanted = names or [fitted.task.metric, *metrics_for(kind)]
    rows = encode_rows(frame, fitted.schema, fitted.task, DataOptions(target=fitted.task.target, folder=folder))
    prediction = fitted.predict_table(rows.table)
    scores = {}
    for name in dict.fromkeys(wanted):
        try:
            metric = resolve_metric(name, kind, extra)
            scores[name] = metric.score(rows.y, prediction, rows.weights, fitted.output.decision)
        except AutoMLError:
            if names:  # what was asked for by name must not go missing in silence
                raise
    return scores


def features_of(fitted: FittedModel, data: Path | str | None = None) -> list[dict[str, Any]]:
    """Describe a saved model's features, see `automl.importance`; measure them on the rows of `data`, if given."""
    effects = fitted.manifest.get("effects")
    if data is not None:
        table = to_table(read_table(data), fitted.schema, folder=Path(data).parent)
        effects = measure_effects(fitted, table, Effort())
    return describe_features(fitted, {str(name): float(effect) for name, effect in (effects or {}).items()})
