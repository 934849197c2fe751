"""The rows of all folds side by side, padded to the largest fold in rows and to a common frame in columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from automl.plugin import Part
from automl_torch.architecture import Architecture
from automl_torch.layout import Layout
from automl_torch.outcome import Outcome, unit_weights


@dataclass(frozen=True)
class Rows:
    """Rows of every fold.

    For training the folds lie end to end, (n_folds * n_rows, ...), and `start` (n_folds, 1) int64 is where each begins;
    for scoring they lie side by side, (n_folds, n_rows, ...). `dense` float32, `codes` int64 rows of the table of
    embeddings (all folds' tables end to end), `y` int64 positions of labels or float32 standardised numbers. `weights`
    float32 have mean one in training (None: all equal) and sum one in scoring, where padding weighs nothing.
    """

    n_folds: int
    dense: Tensor
    codes: Tensor
    y: Tensor
    weights: Tensor | None
    start: Tensor

    def flat(self, rows: Tensor) -> Tensor:
        """Turn positions in each fold, (n_folds, batch_size), into positions in `dense`."""
        return rows + self.start


@dataclass(frozen=True)
class Tables:
    """What a network learns from.

    `seen` (n_folds, n_scores) bool: the labels that a fold has rows of. `range` (n_folds, 2) float32: the lowest and
    highest standardised target.
    """

    classify: bool
    train: Rows
    score: Rows | None
    seen: Tensor
    range: Tensor


@dataclass(frozen=True)
class FoldView:
    """One fold's columns, target and own network."""

    layout: Layout
    outcome: Outcome
    network: Architecture


def stack(
    frame: Architecture, views: Sequence[FoldView], train: Sequence[Part], score: Sequence[Part] | None
) -> Tables:
    """Put the folds' parts into one table each."""
    classify = bool(len(views[0].outcome.classes))
    seen = torch.arange(frame.n_scores) < torch.tensor([[view.outcome.n_scores] for view in views])
    lows = np.array([view.outcome.standardised(np.array([view.outcome.low, view.outcome.high])) for view in views])
    return Tables(
        classify=classify,
        train=_rows(frame, views, train, scoring=False),
        score=None if score is None else _rows(frame, views, score, scoring=True),
        seen=seen,
        range=torch.from_numpy(lows),
    )


def _rows(frame: Architecture, views: Sequence[FoldView], parts: Sequence[Part], scoring: bool) -> Rows:
    n_folds, most = len(parts), max(1, *(len(part.y) for part in parts))
    dense = np.zeros((n_folds, most, frame.n_numbers + frame.n_indicators), dtype=np.float32)
    codes = np.full((n_folds, most, frame.n_embedded), frame.n_codes - 1, dtype=np.int64)
    weights = np.zeros((n_folds, most), dtype=np.float32)
    classify = bool(len(views[0].outcome.classes))
    y = np.zeros((n_folds, most), dtype=np.int64 if classify else np.float32)
    for i, (view, part) in enumerate(zip(views, parts, strict=True)):
        n, own = len(part.y), view.network
        matrix = part.features.matrix
        both = view.layout.dense(matrix)
        dense[i, :n, : own.n_numbers] = both[:, : own.n_numbers]
        dense[i, :n, frame.n_numbers : frame.n_numbers + own.n_indicators] = both[:, own.n_numbers :]
        codes[i, :n, : own.n_embedded] = view.layout.codes(matrix)
        target, weight = _target(view.outcome, part)
        y[i, :n], weights[i, :n] = target, _summing_to_one(weight) if scoring else weight
    codes += (np.arange(n_folds) * frame.n_codes)[:, None, None]
    start = torch.arange(n_folds)[:, None] * most
    tensors = [torch.from_numpy(array) for array in (dense, codes, y, weights)]
    if not scoring:
        tensors = [tensor.flatten(0, 1) for tensor in tensors]
    weighted = scoring or any(part.weights is not None for part in parts)
    return Rows(n_folds, tensors[0], tensors[1], tensors[2], tensors[3] if weighted else None, start)


def _target(outcome: Outcome, part: Part) -> tuple[NDArray[np.int64] | NDArray[np.float32], NDArray[np.float64]]:
    """Return targets and weights; a label that training has no rows of weighs nothing."""
    weights = unit_weights(part)
    if not len(outcome.classes):
        return outcome.standardised(part.y), weights
    positions = outcome.positions(part.y)
    return np.maximum(positions, 0), np.where(positions >= 0, weights, 0.0)


def _summing_to_one(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    total = float(weights.sum())
    return weights / total if total > 0 else weights
