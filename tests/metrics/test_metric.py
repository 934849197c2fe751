"""What a metric promises beyond its formula: degenerate folds, errors, decisions, a light import."""

import subprocess
import sys

import numpy as np
import pytest

from automl.errors import OptionError
from automl.metrics import METRICS, Metric, default_metric, metric_named, metrics_for, two_halves
from automl.task import TaskKind

NEUTRAL = {
    "roc_auc": 0.5, "average_precision": 0.0, "f1": 0.0, "precision": 0.0, "recall": 0.0, "mcc": 0.0,
    "quadratic_kappa": 0.0,
}  # fmt: skip


@pytest.mark.parametrize("name", metrics_for(TaskKind.BINARY))
@pytest.mark.parametrize("weights", [None, np.full(4, 0.1), np.zeros(4)], ids=["plain", "weighted", "all zero"])
def test_a_fold_with_one_label_gives_a_neutral_finite_value(name: str, weights: np.ndarray | None) -> None:
    y = np.zeros(4, dtype=np.int64)
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4]])
    score = METRICS[name].score(y, probabilities, weights)
    assert np.isfinite(score)
    if name in NEUTRAL:
        assert score == NEUTRAL[name]


@pytest.mark.parametrize("name", metrics_for(TaskKind.MULTICLASS))
def test_labels_absent_from_a_fold_are_skipped(name: str) -> None:
    y = np.array([0, 0, 2, 2])
    probabilities = np.array([[0.8, 0.1, 0.1], [0.7, 0.1, 0.2], [0.1, 0.2, 0.7], [0.2, 0.1, 0.7]])
    metric = METRICS[name]
    assert np.isfinite(metric.score(y, probabilities))
    if metric.greater_is_better and name != "average_precision":
        assert metric.score(y, probabilities) == 1.0


def test_average_precision_skips_a_label_without_rows() -> None:
    y = np.array([0, 0, 2, 2])
    probabilities = np.array([[0.8, 0.1, 0.1], [0.7, 0.1, 0.2], [0.1, 0.2, 0.7], [0.2, 0.1, 0.7]])
    assert METRICS["average_precision"].score(y, probabilities) == 1.0


@pytest.mark.parametrize(("name", "expected"), [("r2", 0.0), ("spearman", 0.0), ("rmse", 1.0)])
def test_a_constant_target_is_no_obstacle(name: str, expected: float) -> None:
    y = np.full(3, 0.1)
    assert METRICS[name].score(y, (y + np.array([1.0, -1.0, 1.0]))[:, None]) == pytest.approx(expected)


def test_a_constant_prediction_has_no_rank_correlation() -> None:
    assert METRICS["spearman"].score(np.arange(5.0), np.full((5, 1), 0.3)) == 0.0


def test_r2_of_one_row_is_defined() -> None:
    assert METRICS["r2"].score(np.ones(1), np.ones((1, 1))) == 1.0


def test_rmsle_refuses_a_negative_target_and_names_the_remedy() -> None:
    with pytest.raises(OptionError, match="lowest is -2: use rmse"):
        METRICS["rmsle"].score(np.array([-2.0, 3.0]), np.ones((2, 1)))


def test_rmsle_counts_negative_predictions_as_zero() -> None:
    assert METRICS["rmsle"].score(np.zeros(2), np.array([[-5.0], [0.0]])) == 0.0


@pytest.mark.parametrize("name", METRICS)
def test_a_better_prediction_has_a_lower_error_and_a_perfect_one_none(name: str) -> None:
    metric = METRICS[name]
    rng = np.random.default_rng(0)
    if metric.uses == "values":
        y = rng.random(60) + 1.0
        perfect = y[:, None]
        poor = perfect + rng.normal(0, 0.8, (60, 1))
    else:
        y = rng.integers(0, 2, 60)
        perfect = np.eye(2)[y]
        poor = rng.dirichlet([1, 1], 60)
    assert metric.error(y, perfect) == pytest.approx(0.0, abs=1e-12)
    assert metric.error(y, poor) > metric.error(y, perfect)


def test_labels_are_decided_by_the_decision_that_is_given() -> None:
    class EverythingPositive:
        def labels(self, probabilities: np.ndarray) -> np.ndarray:
            return np.ones(len(probabilities), dtype=np.int64)

    y = np.array([1, 1, 0, 0])
    probabilities = np.array([[0.9, 0.1]] * 4)
    recall = METRICS["recall"]
    assert recall.score(y, probabilities) == 0.0
    assert recall.score(y, probabilities, decision=EverythingPositive()) == 1.0
    assert recall.error(y, probabilities, None, EverythingPositive()) == 0.0


def test_names_and_defaults() -> None:
    defaults = {kind: default_metric(kind).name for kind in TaskKind}
    assert defaults == {"binary": "roc_auc", "multiclass": "log_loss", "regression": "rmse"}
    assert metric_named("mcc").name == "mcc"
    with pytest.raises(OptionError, match="did you mean 'roc_auc'"):
        metric_named("rocauc")
    assert all(isinstance(metric, Metric) and metric.function.__doc__ for metric in METRICS.values())


def test_two_halves_share_the_labels_evenly() -> None:
    y = np.array([0, 0, 0, 0, 1, 1, 2, 2])
    half = two_halves(y)
    assert half.sum() == 4
    assert np.bincount(y[half]).tolist() == [2, 1, 1]


def test_the_import_is_light() -> None:
    code = (
        "import sys, automl.metrics, automl.decision, automl.calibration; "
        "heavy = {'sklearn', 'pandas', 'scipy'} & set(sys.modules); sys.exit(str(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
