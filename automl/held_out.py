"""The score of a saved model on rows kept aside: on as many of them as there is time for."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from automl.data.dataset import Dataset
from automl.data.table import Table
from automl.errors import AutoMLError
from automl.fitted import FittedModel
from automl.metrics import Metric
from automl.search.observer import Observer

FEWEST_ROWS = 50
"""Fewer would tell nothing."""
_GROWTH = 8  # a step may have so many times the rows of the one before, whose seconds tell what it will take
_MARGIN = 1.2  # on these seconds


@dataclass(frozen=True)
class Tested:
    """Scores on rows kept aside: the ensemble's, and each member's alone by trial number; none where they failed."""

    score: float | None = None
    alone: Mapping[int, float] = field(default_factory=dict)


def score_held_out(
    fitted: FittedModel, test: Dataset, metric: Metric, seed: int, until: float | None, observer: Observer
) -> Tested:
    """Score a model, and each of its members alone, by `until` on `time.monotonic()`'s clock (None leaves time)."""
    try:
        rows, by_member = predict_until(fitted.predict_members, test.table, seed, until)
        if len(rows) < test.n_rows:
            observer.note(
                f"The test score is that of {len(rows):,} of the {test.n_rows:,} rows kept aside: the rest would take "
                "more than is left of the time limit. `automl evaluate` scores a table whole."
            )
        part, decision = test.take(rows), fitted.output.decision
        score = metric.score(part.y, fitted.blend(by_member, part.table), part.weights, decision)
        alone = {number: metric.score(part.y, p, part.weights, decision) for number, p in by_member.items()}
    except AutoMLError as error:  # a user's metric may be undefined on these rows; the model is saved
        observer.note(f"the test part cannot be scored: {error}")
        return Tested()
    return Tested(score, alone)


def predict_until(
    predict: Callable[[Table], Mapping[int, NDArray[np.float64]]], table: Table, seed: int, until: float | None
) -> tuple[NDArray[np.int64], dict[int, NDArray[np.float64]]]:
    """Predict as many rows as there is time for, drawn by the seed, in steps whose seconds are measured.

    Return their positions (n_predicted,) int64 in ascending order, and each member's predictions of them,
    (n_predicted, n_outputs) float64.
    """
    order = np.random.default_rng(seed).permutation(table.n_rows)
    done, size = 0, table.n_rows if until is None else FEWEST_ROWS
    parts: list[Mapping[int, NDArray[np.float64]]] = []
    while not parts or (size > 0 and done < len(order)):
        step = order[done : done + size]
        started = time.monotonic()
        parts.append(predict(table.take(step)))
        now, done = time.monotonic(), done + len(step)
        if until is not None:
            seconds = _MARGIN * max(now - started, 1e-9) / max(1, len(step))
            size = min(_GROWTH * size, int((until - now) / seconds))
    by_rows = np.argsort(order[:done])
    predictions = {number: np.concatenate([part[number] for part in parts])[by_rows] for number in parts[0]}
    return order[:done][by_rows], predictions
