"""The filter method: mutual information with the target, and no two features that say the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.data.sampling import sample_rows
from automl.features.encoding import Features
from automl.features.selection import CHANCE, Ranking, Selector
from automl.features.target import Target

MOST_ROWS = 20_000
_COLUMN_BINS = 8
_TARGET_BINS = 5
_MOST_CORRELATED = 3000
"""Features whose correlations are looked at, the best ones."""
_CORRELATION_ROWS = 5000


@dataclass(frozen=True)
class InformationSelector(Selector):
    """Rank by mutual information in bins; drop what a test of independence does not notice, and near copies.

    Two features are near copies where their ranks correlate by more than `most_correlated`; the better one stays.
    """

    name = "information"
    level: float = 0.05
    most_correlated: float = 0.98

    def rank(self, features: Features, target: Target, seed: int) -> Ranking:
        """Rank the features of training rows (n_rows, n_features)."""
        rows = sample_rows(len(target.y), MOST_ROWS, seed)
        binned = bin_columns(features.matrix[rows], features.cardinalities)
        information, chance = information_of(binned, bin_target(target.take(rows)))
        order = np.argsort(-information, kind="stable")
        worthy = chance < self.level
        reasons = [CHANCE] * len(order)
        ahead = order[worthy[order]][:_MOST_CORRELATED]
        for feature, better in self._copies(
            features.matrix[sample_rows(len(target.y), _CORRELATION_ROWS, seed)], ahead
        ):
            worthy[feature] = False
            reasons[feature] = f"says what '{features.names[better]}' says"
        gain = information / max(float(information.sum()), np.finfo(np.float64).tiny)
        return Ranking(order, gain, worthy, tuple(reasons))

    def _copies(self, matrix: NDArray[np.float32], order: NDArray[np.int64]) -> list[tuple[int, int]]:
        """Pairs of a feature and a better one that it repeats, among those in `order`, best first."""
        if len(order) < 2:
            return []
        ranks = np.stack([_ranks(column) for column in matrix[:, order].T])
        ranks -= ranks.mean(axis=1, keepdims=True)
        lengths = np.sqrt((ranks**2).sum(axis=1, keepdims=True))
        ranks /= np.where(lengths > 0, lengths, 1.0)
        close = np.abs(ranks @ ranks.T) > self.most_correlated
        copies, kept = [], list[int]()
        for i in range(len(order)):
            same = [j for j in kept if close[i, j]]
            if same:
                copies.append((int(order[i]), int(order[same[0]])))
            else:
                kept.append(i)
        return copies


def bin_columns(matrix: NDArray[np.float32], cardinalities: NDArray[np.int64]) -> NDArray[np.int64]:
    """Put numbers into ranges of about as many rows, (n_rows, n_columns) int64; codes stay, 0 is for missing cells."""
    binned = np.zeros(matrix.shape, dtype=np.int64)
    shares = np.linspace(0, 1, _COLUMN_BINS + 1)[1:-1]
    for i, column in enumerate(matrix.T):
        if cardinalities[i]:
            binned[:, i] = column
            continue
        finite = np.isfinite(column)
        if finite.any():
            edges = np.unique(np.quantile(column[finite], shares, method="inverted_cdf"))
            binned[finite, i] = 1 + np.searchsorted(edges, column[finite], side="left")
    return binned


def bin_target(target: Target) -> NDArray[np.int64]:
    """Labels as they are, values in ranges of about as many rows, (n_rows,) int64."""
    if target.task.is_classification:
        return target.y.astype(np.int64)
    edges = np.unique(np.quantile(target.y, np.linspace(0, 1, _TARGET_BINS + 1)[1:-1]))
    return np.searchsorted(edges, target.y).astype(np.int64)


def information_of(
    binned: NDArray[np.int64], target: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mutual information in nats, less its bias, and how likely as much arises by chance: (n_columns,) float64 each.

    Twice the rows times the information is chi-squared distributed where there is none (the G-test; Woolf 1957,
    doi:10.1111/j.1469-1809.1972.tb00293.x); its expected value is the bias (Miller 1955).
    """
    from scipy.special import chdtrc

    n_rows, n_columns = binned.shape
    _, labels = np.unique(target, return_inverse=True)
    n_labels = int(labels.max(initial=0)) + 1
    information, chance = np.zeros(n_columns), np.ones(n_columns)
    for i in range(n_columns):
        _, codes = np.unique(binned[:, i], return_inverse=True)
        n_codes = int(codes.max(initial=0)) + 1
        freedom = (n_codes - 1) * (n_labels - 1)
        if not freedom:
            continue
        counts = np.bincount(codes * n_labels + labels, minlength=n_codes * n_labels).reshape(n_codes, n_labels)
        expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / n_rows
        filled = counts > 0
        total = float((counts[filled] * np.log(counts[filled] / expected[filled])).sum())
        information[i] = max(0.0, (total - freedom / 2) / n_rows)
        chance[i] = float(chdtrc(freedom, 2 * total))
    return information, chance


def _ranks(column: NDArray[np.float32]) -> NDArray[np.float64]:
    """Ranks of a column (n_rows,) float64, ties sharing one; missing cells have the middle one."""
    finite = np.isfinite(column)
    _, ranks = np.unique(column[finite], return_inverse=True)
    out = np.full(len(column), ranks.mean() if len(ranks) else 0.0)
    out[finite] = ranks
    return out
