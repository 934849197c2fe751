"""Labels from probabilities: the best threshold is exact, and what is reported of it is honest."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl import storage
from automl.data.folds import Fold
from automl.decision import Decision, _best_threshold, cross_decided_error, tune_decision
from automl.metrics import METRICS, make_metric

BINARY = ["accuracy", "balanced_accuracy", "f1", "f1_macro", "mcc", "quadratic_kappa"]
MULTICLASS = ["balanced_accuracy", "f1_macro", "mcc", "quadratic_kappa"]


def both(p1: np.ndarray) -> np.ndarray:
    return np.column_stack([1 - p1, p1])


def folds_of(n_rows: int, n_folds: int) -> tuple[Fold, ...]:
    rows = np.arange(n_rows)
    return tuple(Fold(i, rows[rows % n_folds != i], rows[rows % n_folds == i]) for i in range(n_folds))


def skewed(n_rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A tenth of the rows is positive, and no probability reaches a half."""
    rng = np.random.default_rng(seed)
    y = (rng.random(n_rows) < 0.1).astype(np.int64)
    return y, both(0.45 / (1 + np.exp(-(2.5 * y - 1.5 + rng.normal(size=n_rows)))))


def test_the_default_takes_the_likeliest_label() -> None:
    assert Decision().labels(both(np.array([0.2, 0.5, 0.51]))).tolist() == [0, 0, 1]
    assert Decision().labels(np.array([[0.2, 0.5, 0.3], [0.4, 0.3, 0.3]])).tolist() == [1, 0]


def test_thresholds_and_scales_move_the_decision() -> None:
    assert Decision(threshold=0.1).labels(both(np.array([0.1, 0.2]))).tolist() == [0, 1]
    scales = np.array([1.0, 1.0, 2.0])
    assert Decision(scales=scales).labels(np.array([[0.2, 0.5, 0.3]])).tolist() == [2]


@pytest.mark.parametrize("decision", [Decision(0.3), Decision(scales=np.array([1.0, 0.5, 2.0]))])
def test_a_decision_survives_storage(decision: Decision, tmp_path: Path) -> None:
    storage.save(decision, tmp_path / "decision.npz")
    back = storage.load(tmp_path / "decision.npz", Decision)
    assert back.threshold == decision.threshold
    np.testing.assert_equal(back.scales, decision.scales)


@given(
    n_rows=st.integers(2, 40),
    seed=st.integers(0, 2**32 - 1),
    name=st.sampled_from(BINARY),
    ties=st.booleans(),
    weighted=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_the_threshold_is_the_best_of_all(n_rows: int, seed: int, name: str, ties: bool, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.concatenate([[0, 1], rng.integers(0, 2, n_rows)]))
    p1 = rng.integers(0, 5, len(y)) / 4.0 if ties else rng.random(len(y))
    weights = rng.random(len(y)) + 0.01 if weighted else None
    metric = METRICS[name]
    found = _best_threshold(metric, y, p1, weights)
    levels = np.unique(p1)
    every = [-1.0, 0.5, *levels]
    best = min(metric.error(y, both(p1), weights, Decision(t)) for t in every)
    assert metric.error(y, both(p1), weights, Decision(found)) == pytest.approx(best, abs=1e-9)


def test_equal_thresholds_go_to_the_one_nearest_a_half() -> None:
    y = np.array([0, 0, 1, 1])
    assert _best_threshold(METRICS["accuracy"], y, np.array([0.1, 0.4, 0.6, 0.9]), None) == 0.5
    assert _best_threshold(METRICS["accuracy"], y, np.array([0.1, 0.2, 0.3, 0.4]), None) == pytest.approx(0.25)


def test_neighbouring_floats_are_parted() -> None:
    low = 0.3
    high = np.nextafter(low, 1)
    p1 = np.array([low, high])
    threshold = _best_threshold(METRICS["accuracy"], np.array([0, 1]), p1, None)
    assert Decision(threshold).labels(both(p1)).tolist() == [0, 1]


@pytest.mark.parametrize("name", ["f1", "balanced_accuracy", "mcc", "f1_macro"])
def test_rare_positives_are_found_again_on_fresh_rows(name: str) -> None:
    metric = METRICS[name]
    decision = tune_decision(metric, *skewed(2000, 0))
    y, fresh = skewed(2000, 1)
    assert decision.threshold < 0.5
    assert metric.error(y, fresh, None, decision) < metric.error(y, fresh) - 0.1


def test_precision_and_recall_keep_away_from_their_trivial_ends() -> None:
    y, probabilities = skewed(2000, 0)
    chosen = {
        name: tune_decision(METRICS[name], y, probabilities).labels(probabilities).sum() / y.sum()
        for name in ("precision", "recall")
    }
    assert chosen["precision"] >= 0.1
    assert 1.0 < chosen["recall"] <= 2.0


def test_a_metric_of_a_user_is_tuned_too() -> None:
    def caught_less_alarms(y_true: np.ndarray, y_pred: np.ndarray) -> float:
        return float(np.mean(y_pred * (4.0 * y_true - 1.0)))

    y, probabilities = skewed(2000, 0)
    metric = make_metric(caught_less_alarms)
    decision = tune_decision(metric, y, probabilities)
    assert metric.score(y, probabilities, None, decision) > metric.score(y, probabilities) + 0.02


@pytest.mark.parametrize("name", MULTICLASS)
def test_scales_help_where_priors_hide_rare_labels(name: str) -> None:
    rng = np.random.default_rng(0)
    y = rng.choice(3, 3000, p=[0.85, 0.1, 0.05])
    logits = np.log([0.85, 0.1, 0.05]) + 1.5 * np.eye(3)[y] + rng.normal(size=(3000, 3))
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    metric = METRICS[name]
    decision = tune_decision(metric, y[:2000], probabilities[:2000])
    before = metric.error(y[2000:], probabilities[2000:])
    after = metric.error(y[2000:], probabilities[2000:], None, decision)
    assert decision.scales is not None
    assert after < before


def test_a_metric_of_probabilities_and_hopeless_rows_leave_the_default() -> None:
    y, probabilities = skewed(200, 0)
    assert tune_decision(METRICS["roc_auc"], y, probabilities).threshold == 0.5
    assert tune_decision(METRICS["f1"], np.zeros(200, dtype=np.int64), probabilities).threshold == 0.5
    assert tune_decision(METRICS["f1"], y[:5], probabilities[:5]).threshold == 0.5


@pytest.mark.parametrize("n_folds", [1, 5])
@pytest.mark.parametrize(("name", "chance"), [("balanced_accuracy", 0.5), ("mcc", 1.0), ("accuracy", 0.5)])
def test_pure_noise_stays_at_chance(name: str, chance: float, n_folds: int) -> None:
    errors = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        y = rng.permutation(np.arange(600) % 2)  # balanced, or the chance of accuracy would be the larger share
        folds = folds_of(600, 2)[:1] if n_folds == 1 else folds_of(600, n_folds)
        errors.append(cross_decided_error(METRICS[name], y, both(rng.random(600)), None, folds))
    assert np.mean(errors) == pytest.approx(chance, abs=0.03)


def test_pure_noise_of_three_labels_stays_at_chance() -> None:
    errors = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        y, probabilities = rng.integers(0, 3, 300), rng.dirichlet([1, 1, 1], 300)
        errors.append(cross_decided_error(METRICS["f1_macro"], y, probabilities, None, folds_of(300, 3)))
    assert np.mean(errors) == pytest.approx(2 / 3, abs=0.05)


def test_the_honest_error_is_near_that_of_fresh_rows() -> None:
    metric = METRICS["f1"]
    y, probabilities = skewed(8000, 0)
    honest = cross_decided_error(metric, y, probabilities, None, folds_of(8000, 5))
    fresh_y, fresh = skewed(20000, 1)
    truth = metric.error(fresh_y, fresh, None, tune_decision(metric, y, probabilities))
    assert honest == pytest.approx(truth, abs=0.05)


def test_other_metrics_are_pooled_over_score_rows_only() -> None:
    y, probabilities = skewed(300, 0)
    folds = folds_of(300, 3)[:2]
    rows = np.sort(np.concatenate([fold.score for fold in folds]))
    probabilities[folds_of(300, 3)[2].score] = np.nan
    weights = np.random.default_rng(0).random(300)
    expected = METRICS["log_loss"].error(y[rows], probabilities[rows], weights[rows])
    got = cross_decided_error(METRICS["log_loss"], y, probabilities, weights, folds)
    assert got == pytest.approx(expected)


def test_repeats_decide_a_row_once() -> None:
    y, probabilities = skewed(300, 0)
    folds = folds_of(300, 3)
    once = cross_decided_error(METRICS["f1"], y, probabilities, None, folds)
    assert cross_decided_error(METRICS["f1"], y, probabilities, None, folds * 2) == once
