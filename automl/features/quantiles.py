"""Numbers mapped to normal scores by their rank among the training rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.storage import storable

MOST_KNOTS = 1000
_FEW_ROWS = 16  # up to here comparing with every knot at once is faster than a search a column


@storable("quantile_map")
@dataclass(frozen=True, eq=False)
class QuantileMap:
    """Training values `knots` (n_columns, n_knots), increasing, padded with infinity, and their `scores`.

    `last` (n_columns,) int64 is the position of the last knot before the padding.
    """

    knots: NDArray[np.float64]
    scores: NDArray[np.float64]
    last: NDArray[np.int64]

    def transform(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Interpolate the scores at values (n_rows, n_columns); NaN stays, the ends are held."""
        columns = np.arange(len(self.last))
        values = np.clip(values, self.knots[:, 0], self.knots[columns, self.last])
        below = np.clip(self._count_below(values) - 1, 0, self.last - 1)
        low, high = self.knots[columns, below], self.knots[columns, below + 1]
        start, end = self.scores[columns, below], self.scores[columns, below + 1]
        return np.asarray(start + (values - low) / (high - low) * (end - start))

    def _count_below(self, values: NDArray[np.float64]) -> NDArray[np.int64]:
        """Count the knots that are not above each value, (n_rows, n_columns) int64."""
        if len(values) <= _FEW_ROWS:
            return np.asarray((self.knots <= values[:, :, None]).sum(axis=-1), dtype=np.int64)
        searched = [np.searchsorted(k, v, side="right") for k, v in zip(self.knots, values.T, strict=True)]
        return np.stack(searched, axis=1).astype(np.int64)


def fit_quantiles(values: NDArray[np.float64]) -> QuantileMap:
    """Fit on values (n_rows, n_columns); each column needs at least one, NaN is ignored.

    A value's score is the normal quantile of its mid-rank, so that tied values share the middle of their
    ranks.
    """
    from scipy.special import ndtri

    n_columns = values.shape[1]
    knots = np.full((n_columns, MOST_KNOTS), np.inf)
    scores = np.zeros((n_columns, MOST_KNOTS))
    last = np.zeros(n_columns, dtype=np.int64)
    for i, column in enumerate(values.T):
        unique, counts = np.unique(column[~np.isnan(column)], return_counts=True)
        middle = (np.cumsum(counts) - 0.5 * counts) / counts.sum()
        if len(unique) == 1:  # interpolating takes two knots
            unique, middle = np.append(unique, np.nextafter(unique, np.inf)), np.full(2, 0.5)
        if len(unique) > MOST_KNOTS:
            # Evenly spaced in rank rather than in value; the two ends are always among them.
            chosen = np.unique(np.searchsorted(middle, np.linspace(middle[0], middle[-1], MOST_KNOTS)))
            unique, middle = unique[chosen], middle[chosen]
        knots[i, : len(unique)] = unique
        scores[i, : len(unique)] = ndtri(middle)
        last[i] = len(unique) - 1
    most = int(last.max(initial=0)) + 1
    return QuantileMap(np.ascontiguousarray(knots[:, :most]), np.ascontiguousarray(scores[:, :most]), last)
