"""The scikit-learn face."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import automl
from automl import AutoMLClassifier, AutoMLRegressor
from automl.evaluation import evaluate_model
from tests.conftest import mixed_frame

QUICK = {"trials": 2, "families": ("linear", "decision_tree"), "backend": "inline", "random_state": 0}
EXPECTED_FAILURES = {
    "check_sample_weight_equivalence_on_dense_data": (
        "repeating a row instead of weighting it changes which rows the folds hold, so the search sees other data"
    ),
}


@parametrize_with_checks(
    [AutoMLClassifier(**QUICK), AutoMLRegressor(**QUICK)], expected_failed_checks=lambda _: EXPECTED_FAILURES
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)


def test_classes_of_any_type_come_back_as_they_were():
    X, y = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    for labels in (y, names, y.astype(float), names.astype(object)):
        model = AutoMLClassifier(**QUICK).fit(X, labels)
        predicted = model.predict(X)
        assert predicted.dtype == labels.dtype
        assert np.mean(predicted == labels) > 0.9
        assert list(model.classes_) == sorted(set(labels))
        np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)


def test_it_works_in_a_pipeline_and_under_cross_validation():
    X, y = load_diabetes(return_X_y=True)
    scores = cross_val_score(make_pipeline(StandardScaler(), AutoMLRegressor(**QUICK)), X, y, cv=3)
    assert scores.mean() > 0.35


def test_data_frames_with_text_columns_need_no_preparation(tmp_path):
    frame = mixed_frame(200)
    X, y = frame.drop(columns=["label", "value"]), frame["label"]
    model = AutoMLClassifier(**QUICK).fit(X, y)
    fresh = mixed_frame(100, seed=3)
    assert model.score(fresh[X.columns], fresh["label"]) > 0.7
    assert set(model.leaderboard_["family"]) == {"linear", "decision_tree"}
    assert 0.5 < model.cv_score_ <= 1
    model.save(tmp_path / "model")
    loaded = automl.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict_proba(fresh), model.predict_proba(fresh[X.columns]))
    assert list(loaded.predict_frame(fresh)) == ["prediction", "proba_high", "proba_low"]
    np.testing.assert_array_equal(loaded.predict(fresh), model.predict(fresh[X.columns]))
    assert evaluate_model(loaded, fresh, ["accuracy"])["accuracy"] > 0.7, "it knows the name of its target"


def test_groups_and_weights_reach_the_search():
    frame = mixed_frame(200)
    X, y = frame.drop(columns=["label", "value"]), frame["value"]
    plain = AutoMLRegressor(**QUICK).fit(X, y)
    weighted = AutoMLRegressor(**QUICK).fit(X, y, sample_weight=np.linspace(0.1, 1, 200))
    grouped = AutoMLRegressor(**QUICK).fit(X, y, groups=np.arange(200) // 20)
    assert len({plain.cv_score_, weighted.cv_score_, grouped.cv_score_}) == 3


def test_one_class_is_a_clear_error():
    with pytest.raises(ValueError, match="needs at least two"):
        AutoMLClassifier(**QUICK).fit(np.zeros((20, 2)), np.ones(20))
