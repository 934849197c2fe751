"""From a name, a callable or a scorer to a metric."""

import pickle
import warnings

import numpy as np
import pytest
from sklearn import metrics as sk

from automl.errors import OptionError, TrialFailed
from automl.metrics import METRICS, Metric, make_metric, resolve_metric
from automl.task import CLASSIFICATION, TaskKind

Y = np.array([0, 1, 1, 0, 1, 0])
P1 = np.array([0.2, 0.9, 0.4, 0.3, 0.8, 0.6])
P = np.column_stack([1 - P1, P1])


def hits(y_true, y_pred):
    return float(np.mean(y_true == y_pred))


def weighted_gap(y_true, y_pred, sample_weight=None):
    return float(np.average(np.abs(y_true - y_pred), weights=sample_weight))


def test_nothing_asked_is_the_default() -> None:
    assert resolve_metric(None, TaskKind.BINARY) is METRICS["roc_auc"]
    assert resolve_metric("", TaskKind.REGRESSION) is METRICS["rmse"]


def test_names_of_plugins_are_found_but_do_not_replace_ours() -> None:
    ours = make_metric(hits, name="hits")
    assert resolve_metric("hits", TaskKind.BINARY, {"hits": ours}) is ours
    assert resolve_metric("f1", TaskKind.BINARY, {"f1": ours}) is METRICS["f1"]


def test_a_metric_is_taken_as_it_is() -> None:
    assert resolve_metric(METRICS["mae"], TaskKind.REGRESSION) is METRICS["mae"]


@pytest.mark.parametrize(
    ("name", "near"),
    [("acuracy", "accuracy"), ("neg_mean_squared_eror", "neg_mean_squared_error"), ("hitz", "hits")],
)
def test_an_unknown_name_is_answered_with_the_nearest(name: str, near: str) -> None:
    with pytest.raises(OptionError, match=f"unknown metric '{name}': did you mean '{near}'"):
        resolve_metric(name, TaskKind.BINARY, {"hits": make_metric(hits)})


def test_a_metric_of_another_kind_is_refused_with_those_that_fit() -> None:
    with pytest.raises(OptionError, match=r"'rmse' does not fit a binary task: use one of accuracy, .*roc_auc"):
        resolve_metric("rmse", TaskKind.BINARY)
    with pytest.raises(OptionError, match="'f1' does not fit a multiclass task"):
        resolve_metric("f1", TaskKind.MULTICLASS)
    with pytest.raises(OptionError, match="'v_measure_score' does not fit"):
        resolve_metric("v_measure_score", TaskKind.MULTICLASS)
    with pytest.raises(OptionError, match="does not fit a regression"):
        resolve_metric(make_metric(hits), TaskKind.REGRESSION)


def test_something_else_is_refused() -> None:
    with pytest.raises(OptionError, match="but got int"):
        resolve_metric(3, TaskKind.BINARY)  # type: ignore[arg-type]


def test_a_callable_of_labels() -> None:
    metric = resolve_metric(hits, TaskKind.BINARY)
    assert (metric.name, metric.uses, metric.greater_is_better) == ("hits", "labels", True)
    assert metric.score(Y, P) == sk.accuracy_score(Y, P1 > 0.5)
    assert metric.score(Y, P, np.ones(6)) == metric.score(Y, P)
    assert metric.error(Y, P) == 1 - metric.score(Y, P)


def test_a_callable_of_values_with_weights_and_a_direction() -> None:
    def gap(y_true, y_pred, sample_weight=None):
        return weighted_gap(y_true, y_pred, sample_weight)

    gap.greater_is_better = False
    metric = resolve_metric(gap, TaskKind.REGRESSION)
    weights = np.array([1.0, 0.0, 3.0])
    assert metric.uses == "values"
    assert metric.error(np.zeros(3), np.array([[1.0], [9.0], [2.0]]), weights) == pytest.approx(7 / 4)


def test_a_callable_of_probabilities_sees_the_positive_column_or_all() -> None:
    seen = []

    def shape(y_true, y_pred):
        seen.append(y_pred.shape)
        return 0.0

    metric = make_metric(shape, uses="probabilities", greater_is_better=False)
    metric.score(Y, P)
    metric.score(Y, np.full((6, 3), 1 / 3))
    assert seen == [(6,), (6, 3)]
    assert metric.kinds == CLASSIFICATION


def test_an_unknown_use_is_refused() -> None:
    with pytest.raises(OptionError, match="did you mean 'labels'"):
        make_metric(hits, uses="label")  # type: ignore[arg-type]


def test_a_callable_that_returns_nan_is_named() -> None:
    with pytest.raises(TrialFailed, match="metric 'nothing' returned nan for 6 rows"):
        make_metric(lambda y, p: float("nan"), name="nothing").score(Y, P)


def test_wrapped_metrics_survive_pickling() -> None:
    metric = pickle.loads(pickle.dumps(make_metric(np.mean, name="mean")))
    assert isinstance(metric, Metric)
    assert pickle.loads(pickle.dumps(resolve_metric("neg_max_error", TaskKind.REGRESSION))).name == "neg_max_error"


@pytest.mark.parametrize(
    ("name", "score"),
    [
        ("neg_log_loss", lambda y, p: -sk.log_loss(y, p)),
        ("roc_auc_ovr_weighted", lambda y, p: sk.roc_auc_score(y, p[:, 1])),
        ("neg_brier_score", lambda y, p: -sk.brier_score_loss(y, p[:, 1])),
        ("jaccard", lambda y, p: sk.jaccard_score(y, p[:, 1] > 0.5)),
        ("recall_weighted", lambda y, p: sk.recall_score(y, p[:, 1] > 0.5, average="weighted")),
        ("matthews_corrcoef", lambda y, p: sk.matthews_corrcoef(y, p[:, 1] > 0.5)),
        ("d2_log_loss_score", sk.d2_log_loss_score),
    ],
)
def test_scorers_of_classification(name: str, score) -> None:
    assert resolve_metric(name, TaskKind.BINARY).score(Y, P) == pytest.approx(score(Y, P), abs=1e-12)


def test_a_multiclass_scorer_meets_a_fold_without_one_label() -> None:
    y = np.array([0, 1, 0, 1])
    probabilities = np.array([[0.7, 0.2, 0.1], [0.2, 0.7, 0.1], [0.6, 0.2, 0.2], [0.3, 0.4, 0.3]])
    for name in ("neg_log_loss", "d2_log_loss_score", "top_k_accuracy", "f1_weighted"):
        assert np.isfinite(resolve_metric(name, TaskKind.MULTICLASS).score(y, probabilities))
    with pytest.raises(TrialFailed, match=r"roc_auc_ovr' of scikit-learn is undefined .* choose a built-in metric"):
        resolve_metric("roc_auc_ovr", TaskKind.MULTICLASS).score(y, probabilities)


@pytest.mark.parametrize("name", ["neg_mean_absolute_error", "neg_mean_squared_error", "neg_median_absolute_error"])
def test_scorers_of_regression_keep_their_sign_and_minimise(name: str) -> None:
    y, predicted = np.array([1.0, 2.0, 4.0]), np.array([1.5, 2.0, 3.0])
    metric = resolve_metric(name, TaskKind.REGRESSION)
    expected = sk.get_scorer(name)._score_func(y, predicted)
    assert metric.score(y, predicted[:, None]) == -expected
    assert metric.error(y, predicted[:, None]) == expected


def test_every_scorer_that_fits_judges_without_a_warning() -> None:
    rng = np.random.default_rng(1)
    y3, p3 = rng.integers(0, 3, 40), rng.dirichlet([1, 1, 1], 40)
    values = rng.random(40) + 0.5
    data = {
        TaskKind.BINARY: (Y, P),
        TaskKind.MULTICLASS: (y3, p3),
        TaskKind.REGRESSION: (values, (values + 0.1)[:, None]),
    }
    judged = set()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in sk.get_scorer_names():
            for kind, (y, prediction) in data.items():
                try:
                    metric = resolve_metric(name, kind)
                except OptionError:
                    continue
                weights = None if "_ovo" in name else np.ones(len(y))
                assert np.isfinite(metric.score(y, prediction, weights)), name
                judged.add(name)
    assert len(judged) > 40


def test_a_scorer_object_is_understood() -> None:
    scorer = sk.make_scorer(sk.fbeta_score, beta=2)
    metric = resolve_metric(scorer, TaskKind.BINARY)
    assert metric.name == "fbeta_score"
    assert metric.score(Y, P) == pytest.approx(sk.fbeta_score(Y, P1 > 0.5, beta=2))
