"""Targets that are likely wrong, by predictions from models that had not seen their rows.

Classes: confident learning (Northcutt, Jiang & Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels",
JAIR 70, 2021, doi:10.1613/jair.1.12125). A row counts toward class j if its probability of j reaches the mean
probability of j among the rows labelled j; a row that counts toward another class than its label is suspect. Of all
suspects, ranked by their label's probability against the other's, the paper's "prune by noise rate" would drop as many
as the joint counts say; here all are reported, the surest first, and none is dropped.

Values: rows whose residual is far out among all residuals. Deviates from the paper, which knows classes only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from automl.data.quality.finding import Finding, Severity
from automl.data.quality.words import count, figure, percent
from automl.task import Task

_FEWEST_ROWS = 50
_MANY = 0.03
_SURE = 0.5  # probability of the other class; below, the models do not claim it either
_FAR_OUT = 12.0  # robust standard deviations of the residuals; real tables reach 8 without an error
_SHOWN = 100


def label_findings(
    task: Task,
    y: NDArray[np.int64] | NDArray[np.float64],
    prediction: NDArray[np.float64],
    rows: NDArray[np.int64],
) -> tuple[Finding, ...]:
    """Suspect targets; `prediction` (n_rows, n_outputs) is out-of-fold, `rows` (n_rows,) are positions to report."""
    if len(y) < _FEWEST_ROWS:
        return ()
    if not task.is_classification:
        return _values(task, y.astype(np.float64), prediction[:, 0], rows)
    suspects, other = suspect_labels(y.astype(np.int64), prediction)
    if not len(suspects):
        return ()
    examples = tuple(
        f"row {rows[i]}: '{task.labels[int(y[i])]}', predicted '{task.labels[j]}' ({percent(float(prediction[i, j]))})"
        for i, j in zip(suspects[:5].tolist(), other[:5].tolist(), strict=True)
    )
    return (
        Finding(
            "labels",
            Severity.WARNING if len(suspects) > _MANY * len(y) else Severity.NOTE,
            f"{count(len(suspects), 'label looks', 'labels look')} wrong to models that had not seen them "
            f"({percent(len(suspects) / len(y))})",
            task.target,
            evidence=examples,
            rows=tuple(rows[suspects[:_SHOWN]].tolist()),
            done="kept",
            advice="look at these rows first, the surest come first",
        ),
    )


def suspect_labels(
    y: NDArray[np.int64], probabilities: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows whose label is likely wrong, the surest first, and the class each rather belongs to; both (n_suspects,).

    `y` (n_rows,) are labels as positions, `probabilities` (n_rows, n_labels) out-of-fold.
    """
    n_labels = probabilities.shape[1]
    own = probabilities[np.arange(len(y)), y]
    counts = np.bincount(y, minlength=n_labels)
    sums = np.bincount(y, weights=own, minlength=n_labels)
    thresholds = np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)
    confident = np.where(probabilities >= thresholds, probabilities, -1.0)
    likely = confident.argmax(axis=1)
    best = confident[np.arange(len(y)), likely]
    suspects = np.flatnonzero((best >= _SURE) & (likely != y))
    suspects = suspects[np.argsort(own[suspects] - best[suspects], kind="stable")]
    return suspects, likely[suspects].astype(np.int64)


def _values(
    task: Task, y: NDArray[np.float64], prediction: NDArray[np.float64], rows: NDArray[np.int64]
) -> tuple[Finding, ...]:
    residuals = y - prediction
    centre = float(np.median(residuals))
    spread = 1.4826 * float(np.median(np.abs(residuals - centre)))  # the standard deviation, were they normal
    if spread <= 0:
        return ()
    distance = np.abs(residuals - centre) / spread
    suspects = np.flatnonzero(distance > _FAR_OUT)
    suspects = suspects[np.argsort(-distance[suspects])]
    if not 0 < len(suspects) <= max(1, _MANY * len(y)):
        return ()
    return (
        Finding(
            "labels",
            Severity.NOTE,
            f"{count(len(suspects), 'value is', 'values are')} very far from what models expect that had not seen them",
            task.target,
            evidence=tuple(
                f"row {rows[i]}: {figure(float(y[i]))}, predicted {figure(float(prediction[i]))}"
                for i in suspects[:5].tolist()
            ),
            rows=tuple(rows[suspects[:_SHOWN]].tolist()),
            done="kept",
            advice="look at these rows first, the surest come first",
        ),
    )
