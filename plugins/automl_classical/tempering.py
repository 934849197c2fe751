"""From the scores of a regression on indicators to probabilities: one temper for all labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from automl_classical.outputs import softmax

_TEMPERS = np.geomspace(0.3, 60, 32)
_DOUBT = 0.25
"""A wrong row with this lead is added to those at hand, so that labels told apart perfectly are not quite certain."""


def temper_for(scores: NDArray[np.float64], y: NDArray[np.int64], weights: NDArray[np.float64]) -> tuple[float, float]:
    """Return the factor of scores (n_rows, n_labels) that makes them the best probabilities, and the log loss then.

    The scores must be of rows that did not teach them; `weights` (n_rows,) have mean one.
    """
    rows = np.arange(len(y))

    def loss(temper: float) -> float:
        p = np.maximum(softmax(temper * scores)[rows, y], 1e-300)
        return (temper * _DOUBT - float(weights @ np.log(p))) / (len(y) + 1)

    best = float(min(_TEMPERS, key=loss))
    return best, loss(best)
