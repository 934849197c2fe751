"""The wrapper method: leave features out as long as a model does no worse without them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.features.encoding import Features
from automl.features.gain import Trees
from automl.features.selection import CHANCE, BoostingRanker, Ranking, Selector
from automl.features.shuffling import SmallTrees, loss_growth
from automl.features.target import Target

Predict = Callable[[Features], NDArray[np.float64]]
"""Predict (n_rows, n_outputs) probabilities or (n_rows, 1) values."""

FitModel = Callable[[Features, Target, int], Predict]
"""Fit the chosen configuration on training rows, with a seed."""

MOST_FEATURES = 200
"""Of more features, the others are left out first, by gain."""
MOST_ROWS = 10_000
_HELD_OUT = 4  # one row of so many judges
_TOLERANCE = 1.005  # a loss larger by this factor is worse
_MOST_STEPS = 12


@dataclass(frozen=True)
class BackwardSelector(Selector):
    """Backward elimination by permutation importance (Breiman 2001, doi:10.1023/A:1010933404324) of held-out rows.

    A model is fitted on three quarters of the training rows; on the others each feature is shuffled, and the loss grows
    by what the feature is worth. Features worth nothing are left out, half of all at most, and the model is fitted
    again, until its loss rises. `fit` is the configuration to select for, small boosted trees by default.
    """

    name = "backward"
    fit: FitModel | None = None

    def rank(self, features: Features, target: Target, seed: int) -> Ranking:
        """Rank the features of training rows (n_rows, n_features)."""
        n_features = len(features.names)
        prior = BoostingRanker(repeats=1, rounds=50).rank(features, target, seed)
        worth, left = np.full(n_features, -np.inf), np.full(n_features, 0)
        kept = np.sort(prior.order[:MOST_FEATURES])
        if len(target.y) < 4 * _HELD_OUT:
            return prior
        rng = np.random.default_rng(seed)
        rows = rng.permutation(len(target.y))[:MOST_ROWS]
        held, train = np.sort(rows[::_HELD_OUT]), np.sort(np.delete(rows, np.s_[::_HELD_OUT]))
        best = np.inf
        for step in range(1, _MOST_STEPS + 1):
            loss, importance = self._judge(_view(features, kept), target, train, held, rng)
            if loss > best * _TOLERANCE:
                break
            best = min(best, loss)
            left[kept], worth[kept] = step, importance
            useless = kept[importance <= 0]
            useless = useless[np.argsort(worth[useless], kind="stable")][: len(kept) // 2]
            if not len(useless):
                break
            kept = np.setdiff1d(kept, useless)
        # Features left out later are better than those left out earlier, whatever each was worth then.
        order = np.lexsort((-prior.gain, -worth, -left)).astype(np.int64)
        gain = np.where(left == left.max(), np.maximum(worth, 0.0), 0.0)
        worthy = (left == left.max()) & (worth > 0)
        return Ranking(order, gain / max(float(gain.sum()), np.finfo(np.float64).tiny), worthy, (CHANCE,) * n_features)

    def _judge(
        self, features: Features, target: Target, train: NDArray[np.int64], held: NDArray[np.int64], rng: Any
    ) -> tuple[float, NDArray[np.float64]]:
        """Return the loss on held-out rows, and by how much it grows as each feature is shuffled, (n_features,)."""
        fit = self.fit or _fit_trees
        predict = fit(_rows(features, train), target.take(train), int(rng.integers(2**31)))
        scored, judge = _rows(features, held), target.take(held)
        everything = np.arange(len(features.names))

        def predict_changed(matrix: NDArray[np.float32]) -> NDArray[np.float64]:
            return predict(replace(scored, matrix=matrix))

        before, growth = loss_growth(predict_changed, scored.matrix, judge, everything, rng)
        # What one error of the estimate explains is nothing.
        sure = growth.mean(axis=0) - growth.std(axis=0) / np.sqrt(len(growth))
        return float(before.mean()), np.maximum(0.0, sure)


def _fit_trees(features: Features, target: Target, seed: int) -> Predict:
    trees = SmallTrees(features.matrix, features.cardinalities, target, seed, Trees(60))
    return lambda new: trees(new.matrix)


def _view(features: Features, columns: NDArray[np.int64]) -> Features:
    names = tuple(features.names[i] for i in columns)
    return Features(features.matrix[:, columns], names, features.cardinalities[columns], features.raw)


def _rows(features: Features, rows: NDArray[np.int64]) -> Features:
    raw = {name: cells[rows] for name, cells in features.raw.items()}
    return Features(features.matrix[rows], features.names, features.cardinalities, raw)
