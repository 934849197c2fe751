"""Scores of prediction files by scikit-learn, independent of every system that is judged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn import metrics

_PROBA = "proba_"

OF_VALUES: dict[str, tuple[Callable[..., float], bool]] = {
    "rmse": (metrics.root_mean_squared_error, False),
    "mae": (metrics.mean_absolute_error, False),
    "r2": (metrics.r2_score, True),
}
OF_LABELS: dict[str, tuple[Callable[..., float], bool]] = {
    "accuracy": (metrics.accuracy_score, True),
    "balanced_accuracy": (metrics.balanced_accuracy_score, True),
    "f1_macro": (lambda y, p: metrics.f1_score(y, p, average="macro"), True),
    "mcc": (metrics.matthews_corrcoef, True),
}
OF_PROBABILITIES = {"roc_auc": True, "log_loss": False}


class PredictionsError(Exception):
    """A prediction file does not answer the question."""


def greater_is_better(metric: str) -> bool:
    """Tell the direction of a metric."""
    directions = {name: up for name, (_, up) in (OF_VALUES | OF_LABELS).items()} | OF_PROBABILITIES
    if metric not in directions:
        raise SystemExit(f"unknown metric '{metric}' in the suite: known are {', '.join(sorted(directions))}")
    return directions[metric]


def score(metric: str, test: Path, target: str, predictions: Path) -> float:
    """Return the score of a prediction file against the target column of the test file, rows in the same order."""
    truth = pd.read_csv(test, dtype=str, keep_default_na=False)[target]
    answer = pd.read_csv(predictions, dtype=str, keep_default_na=False)
    if len(answer) != len(truth):
        raise PredictionsError(f"{len(answer)} predictions for {len(truth)} rows")
    if "prediction" not in answer:
        raise PredictionsError(f"no column 'prediction' among {', '.join(answer.columns)}")
    if metric in OF_VALUES:
        return float(OF_VALUES[metric][0](truth.astype(float), _finite(answer["prediction"])))
    y = truth.map(canonical).to_numpy(dtype=str)
    if metric in OF_LABELS:
        return float(OF_LABELS[metric][0](y, answer["prediction"].map(canonical).to_numpy(dtype=str)))
    labels, probabilities = _probabilities(answer, y)
    if metric == "roc_auc" and len(labels) == 2:
        return float(metrics.roc_auc_score(y == labels[1], probabilities[:, 1]))
    if metric == "roc_auc":
        return float(metrics.roc_auc_score(y, probabilities, multi_class="ovr", labels=labels))
    return float(metrics.log_loss(y, probabilities, labels=labels))


def canonical(label: str) -> str:
    """Write a label the one way that all its spellings in CSV share: `1.0`, `01` and `1`, or `True` and `true`."""
    try:
        number = float(label)
    except ValueError:
        return label.lower() if label.lower() in {"true", "false"} else label
    return f"{number:.0f}" if number.is_integer() else repr(number)


def _probabilities(answer: pd.DataFrame, y: Any) -> tuple[Any, Any]:
    """Return sorted labels (n_labels,) and probabilities (n_rows, n_labels), rows that sum to one.

    A label of the test rows that the training rows did not have gets probability 0, which log loss punishes.
    """
    given = {canonical(name.removeprefix(_PROBA)): name for name in answer.columns if name.startswith(_PROBA)}
    if not set(given) & set(y):
        raise PredictionsError(f"no column 'proba_<label>' for any of {', '.join(sorted(set(y))[:10])}")
    labels = np.array(sorted(set(given) | set(y)))
    missing = np.zeros(len(answer))
    columns = [_finite(answer[given[label]]) if label in given else missing for label in labels]
    probabilities = np.column_stack(columns)
    sums = probabilities.sum(axis=1, keepdims=True)
    if np.abs(sums - 1.0).max() > 1e-3:
        raise PredictionsError(f"probabilities of a row sum to {sums[np.abs(sums - 1.0).argmax(), 0]:.4f}")
    return labels, probabilities / sums


def _finite(column: pd.Series[str]) -> Any:
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    if not np.isfinite(values).all():
        raise PredictionsError(f"column '{column.name}' has {(~np.isfinite(values)).sum()} cells without a number")
    return values
