"""What a model answers for rows that it was trained on: what their copies said counts beside what it expects.

Tables from life repeat themselves: the same measurement twice, the same person again. Folds keep copies together, so
that models are judged on rows that are new to them; but where new data repeats the old as the old repeats itself, the
labels of a row's copies are the best there is to know about it.

The answer is the mean of a posterior whose prior is the model's prediction, worth `prior` rows: Dirichlet for labels,
normal for values (Gelman et al., Bayesian Data Analysis, 3rd edition, 2013, sections 2.5 and 3.4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.data.weights import effective
from automl.storage import storable

Array = NDArray[np.float64]

PRIORS = tuple(np.geomspace(0.01, 100.0, 41).tolist())
_FEWEST = 30  # rows with copies that can tell how far to trust those
_SURE = 3.0  # standard errors that the gain must be above zero
_LITTLE = 1e-3  # of the loss; what gains less is not worth its room
_LEAST = 1e-7  # of a probability, so that its logarithm is finite


@storable("copies")
@dataclass(frozen=True, eq=False)
class Copies:
    """What was said of each row, by its hash: all arrays (n,), `hashes` uint64 in ascending order.

    `values` float64 are positions of labels, where a row has an entry for each label that it was given, or the mean of
    the targets; `weights` float64 are how many rows said so. The model's prediction counts as `prior` rows.
    """

    hashes: NDArray[np.uint64]
    values: Array
    weights: Array
    prior: float

    def __post_init__(self) -> None:
        shapes = {self.hashes.shape, self.values.shape, self.weights.shape}
        if shapes != {(len(self.hashes),)} or (self.hashes[1:] < self.hashes[:-1]).any():
            raise ValueError("copies need a value and a weight for each hash, and hashes in ascending order")
        if not (np.isfinite(self.values).all() and np.isfinite(self.weights).all() and (self.weights >= 0).all()):
            raise ValueError("copies need finite values, and weights that are not negative")
        if not 0 < self.prior < np.inf:
            raise ValueError("the prior must be positive")

    def apply(self, hashes: NDArray[np.uint64], predictions: Array) -> Array:
        """Return predictions (n_rows, n_outputs) float64 in the light of the copies of each row, (n_rows,) uint64.

        Raise `ValueError` where a label is none of the outputs.
        """
        first, end = (np.searchsorted(self.hashes, hashes, side) for side in ("left", "right"))
        known = np.flatnonzero(end > first)
        if not len(known):
            return predictions
        counts = (end - first)[known]
        starts = np.cumsum(counts) - counts
        entries = np.arange(counts.sum()) - np.repeat(starts - first[known], counts)
        rows = np.repeat(np.arange(len(known)), counts)
        out = self.prior * predictions[known]
        columns, says = self._columns(entries, predictions.shape[1])
        np.add.at(out, (rows, columns), says)
        out /= (self.prior + np.bincount(rows, self.weights[entries], minlength=len(known)))[:, None]
        result = predictions.copy()
        result[known] = out
        return result

    def _columns(self, entries: NDArray[np.int64], n_outputs: int) -> tuple[NDArray[np.int64], Array]:
        values, weights = self.values[entries], self.weights[entries]
        if n_outputs == 1:
            return np.zeros(len(entries), dtype=np.int64), weights * values
        columns = values.astype(np.int64)
        if ((columns < 0) | (columns >= n_outputs)).any():
            raise ValueError(f"copies speak of labels beyond the {n_outputs} that there are")
        return columns, weights


@dataclass(frozen=True)
class Said:
    """What is known of the training rows: `hashes` (n_rows,) uint64, targets `y` (n_rows,), and `weights` or None."""

    hashes: NDArray[np.uint64]
    y: Array
    weights: Array | None
    classify: bool

    @property
    def worth(self) -> Array:
        """How many rows each row counts for, (n_rows,), one on average."""
        weights = effective(self.weights)
        return np.ones(len(self.y)) if weights is None else weights / weights.mean()


def fit_copies(said: Said, rows: NDArray[np.int64], predictions: Array) -> Copies | None:
    """Return what pays of the copies, None where nothing does.

    `predictions` (n_scored, n_outputs) are out-of-fold, of the rows at the positions `rows` (n_scored,) int64. Each of
    these is answered by its copies without itself. The prior is the one of the lowest loss (logarithmic for labels,
    squared for values); what one half of the groups of copies chooses must serve the other half.
    """
    worth = said.worth
    _, group, sizes = np.unique(said.hashes, return_inverse=True, return_counts=True)
    if (sizes[group[rows]] > 1).sum() < _FEWEST:
        return None
    others, agreeing = _others(said, group, worth)
    repeated = np.flatnonzero(others[rows] > 1e-9)
    if len(repeated) < _FEWEST:
        return None
    at = rows[repeated]
    losses = _losses(said, at, predictions[repeated], others[at], agreeing[at])
    alone = _loss(said, at, predictions[repeated], 0.0, 0.0, 1.0)
    weighted = worth[at]
    half = group[at] % 2 == 0
    first, second = (_best(losses[:, part], weighted[part]) for part in (half, ~half))
    crossed = np.where(half, losses[second], losses[first])
    gains = np.bincount(group[at], weighted * (alone - crossed))[np.unique(group[at])]
    spread = gains.std() * np.sqrt(len(gains))
    everything = float(worth[rows] @ _loss(said, rows, predictions, 0.0, 0.0, 1.0))
    if gains.sum() <= max(_SURE * spread, _LITTLE * everything):
        return None
    return _entries(said, worth, PRIORS[_best(losses, weighted)])


def _others(said: Said, group: NDArray[np.int64], worth: Array) -> tuple[Array, Array]:
    """Return how many other copies each row has, and the sum of what they say of it, both (n_rows,).

    For labels that is how many have its own label, for values the sum of theirs.
    """
    others = np.bincount(group, worth)[group] - worth
    if said.classify:
        _, cell = np.unique(np.stack([group, said.y.astype(np.int64)]), axis=1, return_inverse=True)
        cell = cell.ravel()
        return others, np.bincount(cell, worth)[cell] - worth
    return others, np.bincount(group, worth * said.y)[group] - worth * said.y


def _losses(said: Said, at: NDArray[np.int64], predictions: Array, others: Array, agreeing: Array) -> Array:
    """Return the loss of each row for each prior, (n_priors, n)."""
    return np.stack([_loss(said, at, predictions, others, agreeing, prior) for prior in PRIORS])


def _loss(
    said: Said, at: NDArray[np.int64], predictions: Array, others: Array | float, agreeing: Array | float, prior: float
) -> Array:
    y = said.y[at]
    own = predictions[np.arange(len(y)), y.astype(np.int64)] if said.classify else predictions[:, 0]
    answer = (prior * own + agreeing) / (prior + others)
    return np.asarray(-np.log(np.maximum(answer, _LEAST)) if said.classify else (answer - y) ** 2)


def _best(losses: Array, weights: Array) -> int:
    return int(np.argmin(losses @ weights))


def _entries(said: Said, worth: Array, prior: float) -> Copies:
    """Keep every row, or every label of it, once."""
    keys = [said.hashes] if not said.classify else [said.y, said.hashes]
    order = np.lexsort(keys)
    hashes, y, weights = said.hashes[order], said.y[order], worth[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = hashes[1:] != hashes[:-1]
    if said.classify:
        new[1:] |= y[1:] != y[:-1]
    starts = np.flatnonzero(new)
    totals = np.add.reduceat(weights, starts)
    sums = np.add.reduceat(weights * y, starts)
    values = y[starts] if said.classify else np.where(totals > 0, sums / np.where(totals > 0, totals, 1.0), 0.0)
    return Copies(hashes[starts], values.astype(np.float64), totals, prior)
