"""Cheaper ensembles: what leaves first, what is expected of the rest, and when one model will do."""

from __future__ import annotations

import numpy as np
import pytest

from automl.ensemble import build_ensemble, judged
from automl.slimming import FAST, Cost, best_within, eliminated, fast_weights, reductions, rejudged
from tests.test_ensemble import library, noisy_values


def equal(n: int) -> np.ndarray:
    return np.full(n, 1 / n)


def test_members_that_cost_much_and_bring_little_leave_first():
    predictions, y = noisy_values(4)
    predictions[3] = predictions[2]  # whoever goes of the two takes little away
    lib = library(predictions, y, "rmse")
    subsets = eliminated(lib, equal(4), {0: 1e-3, 1: 1e-3, 2: 1e-3, 3: 5e-3})
    assert [np.count_nonzero(weights) for weights, _ in subsets] == [4, 3, 2, 1]
    assert subsets[1][0][3] == 0
    assert all(weights.sum() == pytest.approx(1) for weights, _ in subsets)
    for weights, error in subsets:
        assert error == pytest.approx(judged(lib, weights).error)


def test_members_that_are_equally_dear_leave_by_what_their_going_costs():
    predictions, y = noisy_values(3)
    predictions[1] += 3.0
    weights, error = eliminated(library(predictions, y, "rmse"), equal(3), dict.fromkeys(range(3), 1e-3))[1]
    assert np.flatnonzero(weights).tolist() == [0, 2]
    assert error < judged(library(predictions, y, "rmse"), equal(3)).error


def test_reductions_trade_members_and_fold_models_for_time():
    predictions, y = noisy_values(3)
    cost = Cost(base=1e-3, seconds={0: 8e-3, 1: 8e-3, 2: 2e-3}, models={0: 8, 1: 8, 2: 1})
    slims = reductions(library(predictions, y, "rmse"), equal(3), cost)
    whole, fewer = slims[0], slims[1]
    assert (whole.models, whole.seconds) == (8, pytest.approx(19e-3))
    assert (fewer.models, fewer.seconds) == (4, pytest.approx(11e-3))  # the one that has one model keeps it
    assert fewer.error > whole.error
    assert {(np.count_nonzero(slim.weights), slim.models) for slim in slims} == {
        (members, models) for members in (3, 2, 1) for models in (8, 4, 2, 1)
    }


def test_the_least_error_within_the_time_is_chosen_and_the_fastest_where_none_holds():
    predictions, y = noisy_values(3)
    cost = Cost(1e-3, dict.fromkeys(range(3), 8e-3), dict.fromkeys(range(3), 8))
    slims = reductions(library(predictions, y, "rmse"), equal(3), cost)
    assert best_within(slims, 1.0) is slims[0]
    chosen = best_within(slims, 8e-3)
    assert chosen.seconds <= 8e-3
    assert chosen.error == min(slim.error for slim in slims if slim.seconds <= 8e-3)
    assert best_within(slims, 0.0).seconds == min(slim.seconds for slim in slims)


def test_a_fast_model_is_the_cheapest_that_is_nearly_as_good():
    predictions, y = noisy_values(4)
    predictions[1] = y[:, None] + 0.01 * predictions[1]
    predictions[2] = predictions[1] * 1.0001
    lib = library(predictions, y, "rmse")
    ensemble = build_ensemble(lib)
    allowed = ensemble.error + FAST * ensemble.error
    assert lib.errors[1] <= allowed
    assert lib.errors[2] <= allowed
    assert np.flatnonzero(fast_weights(lib, ensemble, [0.0, 3e-3, 1e-3, 0.0])).tolist() == [2]
    # Among those too cheap to tell apart the better one is taken, and one that is gone never.
    better = int(np.argmin(lib.errors))
    assert np.flatnonzero(fast_weights(lib, ensemble, [0.0, 2e-5, 1e-5, 0.0])).tolist() == [better]
    costs = [0.0, 0.0, 0.0, 0.0]
    costs[better] = float("inf")
    assert np.flatnonzero(fast_weights(lib, ensemble, costs)).tolist() == [3 - better]


def test_where_no_single_model_will_do_as_few_as_possible_are_kept():
    predictions, y = noisy_values(8)
    lib = library(predictions, y, "rmse")
    ensemble = build_ensemble(lib)
    weights = fast_weights(lib, ensemble, [1e-4] * 8)
    assert 1 < np.count_nonzero(weights) <= np.count_nonzero(ensemble.weights)
    assert judged(lib, weights).error <= ensemble.error * (1 + FAST)


def test_a_score_that_shall_be_high_bounds_what_is_given_up():
    random = np.random.default_rng(0)
    y = random.integers(0, 2, 500)
    positive = np.clip(y + random.normal(0, 0.8, (5, 500)), 0.01, 0.99)
    lib = library(np.stack([1 - positive, positive], axis=-1), y, "roc_auc")
    ensemble = build_ensemble(lib)
    chosen = rejudged(lib, ensemble, fast_weights(lib, ensemble, [1e-4] * 5))
    assert 1 - chosen.error >= (1 - FAST) * (1 - ensemble.error)
    assert chosen.honest_error - chosen.error == pytest.approx(max(0.0, ensemble.honest_error - ensemble.error))
