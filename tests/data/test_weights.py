from __future__ import annotations

import numpy as np

from automl.data.weights import effective, weights_at

WEIGHTS = np.array([0.5, 0.0, 2.0])


def test_weights_of_rows_by_position_and_by_mask() -> None:
    positions, mask = weights_at(WEIGHTS, np.array([2, 0, 2])), weights_at(WEIGHTS, np.array([True, False, True]))
    assert positions is not None
    assert mask is not None
    assert positions.tolist() == [2.0, 0.5, 2.0]
    assert mask.tolist() == [0.5, 2.0]


def test_equal_weights_stay_equal() -> None:
    assert weights_at(None, np.array([0])) is None
    assert effective(None) is None


def test_weights_that_are_all_zero_are_equal_ones() -> None:
    assert effective(np.zeros(3)) is None
    assert effective(WEIGHTS) is WEIGHTS
