from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.svm import SVC, SVR

from automl.plugin import ArtifactError, FamilyDeclined, Limits, Profile, Role, Task
from automl_classical.arrays import ArrayFamily
from automl_classical.decision_tree import DecisionTree
from automl_classical.kernel import Machine
from automl_classical.knn import Neighbours
from automl_classical.least_squares import elastic_net, ridge
from automl_classical.linear import Linear
from automl_classical.logistic import Penalty, fit_softmax
from automl_classical.naive_bayes import NaiveBayes
from automl_classical.outputs import softmax
from automl_classical.svm import SupportVectors
from tests.plugins.classical.synthetic import BINARY, MULTICLASS, VALUES, features, part

PROFILE = Profile(200, 4, ((Role.NUMERIC, 5),))


@pytest.mark.parametrize("task", [BINARY, MULTICLASS], ids=lambda task: str(task.kind))
def test_logistic_regression_equals_scikit_learn(task: Task) -> None:
    train = part(task, 150)
    X, y = train.features.matrix.astype(np.float64), train.y
    coef, intercept = fit_softmax(X, y, np.ones(150), Penalty(1 / (0.5 * 150)), Limits())
    # Two opposite weights share the penalty of scikit-learn's single one, so that its C is twice ours for two labels.
    C = 1.0 if task is BINARY else 0.5
    theirs = LogisticRegression(C=C, tol=1e-8, max_iter=2000).fit(X, y).predict_proba(X)
    np.testing.assert_allclose(softmax(X @ coef + intercept), theirs, atol=2e-3)


def test_sparse_logistic_regression_finds_the_optimum_and_drops_noise() -> None:
    train = part(BINARY, 150, n_features=10)
    X, y = train.features.matrix.astype(np.float64), train.y

    def objective(coef: Any, intercept: Any) -> float:
        p = softmax(X @ coef + intercept)[np.arange(150), y]
        return float(-np.log(p).mean() + 0.05 * (0.95 * np.abs(coef).sum() + 0.025 * (coef**2).sum()))

    coef, intercept = fit_softmax(X, y, np.ones(150), Penalty(0.05, 0.95), Limits())
    found = objective(coef, intercept)
    rng = np.random.default_rng(0)
    near = [objective(coef + 0.02 * rng.normal(size=coef.shape), intercept) for _ in range(50)]
    assert found < min(near)
    assert (coef == 0).mean() > 0.5


@pytest.mark.parametrize("n_features", [5, 80])
def test_ridge_equals_scikit_learn(n_features: int) -> None:
    train = part(VALUES, 60, n_features)
    weights = np.linspace(0.5, 1.5, 60)
    coef, intercept = ridge(train.features.matrix.astype(np.float64), train.y, weights, 2.0)
    theirs = Ridge(alpha=2.0).fit(train.features.matrix.astype(np.float64), train.y, sample_weight=weights)
    np.testing.assert_allclose(coef[:, 0], theirs.coef_, atol=1e-6)
    np.testing.assert_allclose(intercept[0], theirs.intercept_, rtol=1e-6)


def test_elastic_net_drops_noise() -> None:
    train = part(VALUES, 120, n_features=10)
    y = (train.y - train.y.mean()) / train.y.std()
    coef, _ = elastic_net(train.features.matrix, y, np.ones(120), alpha=24.0, l1_ratio=0.95)
    assert coef[0] > 0.5
    assert (coef == 0).sum() >= 6


def test_linear_regression_stays_near_the_range_of_its_targets() -> None:
    train = part(VALUES, 100)
    model = Linear().build(Linear().portfolio(VALUES, PROFILE)[0], VALUES, 0)
    model.fit(train, None, Limits())
    far = features(np.full((1, 5), 1e4))
    assert train.y.max() < model.predict(far)[0, 0] < train.y.max() + 0.1 * np.ptp(train.y)


@pytest.mark.parametrize("task", [BINARY, MULTICLASS], ids=lambda task: str(task.kind))
def test_decisions_order_rows_as_libsvm_does(task: Task) -> None:
    train, other = part(task, 150), part(task, 60, seed=1)
    X, Z = train.features.matrix.astype(np.float64), other.features.matrix.astype(np.float64)
    svc = SVC(gamma=0.2, decision_function_shape="ovo").fit(X, train.y)
    values = Machine.of(svc, 0.2).values(Z)
    if task is BINARY:
        np.testing.assert_allclose(values[:, 1], svc.decision_function(Z), atol=1e-9)
        np.testing.assert_allclose(values[:, 0], -values[:, 1])
    else:
        expected = np.zeros((60, 4))
        for pair, (i, j) in enumerate(combinations(range(4), 2)):
            vote = np.tanh(svc.decision_function(Z)[:, pair])
            expected[:, i] += vote
            expected[:, j] -= vote
        np.testing.assert_allclose(values, expected, atol=1e-9)
        assert (values.argmax(axis=1) == svc.predict(Z)).mean() > 0.75


def test_support_vector_regression_equals_scikit_learn() -> None:
    train = part(VALUES, 100)
    X, y = train.features.matrix.astype(np.float64), (train.y - 500) / 10
    svr = SVR(gamma=0.2).fit(X, y)
    np.testing.assert_allclose(Machine.of(svr, 0.2).values(X)[:, 0], svr.predict(X), atol=1e-9)


def test_support_vector_probabilities_are_calibrated() -> None:
    train, other = part(BINARY, 300), part(BINARY, 600, seed=1)
    flipped = np.where(np.random.default_rng(0).random(300) < 0.2, 1 - train.y, train.y)
    model = SupportVectors().build(SupportVectors().portfolio(BINARY, PROFILE)[0], BINARY, 0)
    model.fit(replace(train, y=flipped), None, Limits())
    p = model.predict(other.features)[:, 1]
    assert 0.6 < float(p[p > 0.5].mean()) < 0.92, "a fifth of the labels is wrong, so certainty is"


def test_naive_bayes_tempers_evidence_that_repeats_itself() -> None:
    train = part(BINARY, 200, n_features=2)
    copies = features(np.repeat(train.features.matrix, 20, axis=1))
    model = NaiveBayes().build(NaiveBayes().portfolio(BINARY, PROFILE)[0], BINARY, 0)
    model.fit(replace(train, features=copies), None, Limits())
    p = model.predict(copies)[np.arange(200), train.y]
    assert float(-np.log(p).mean()) < 0.5


def test_one_rare_level_does_not_decide_alone() -> None:
    rng = np.random.default_rng(0)
    matrix = np.column_stack([rng.normal(size=200), np.arange(200) == 0])
    y = (matrix[:, 0] > 0).astype(np.int64)
    model = NaiveBayes().build(NaiveBayes().portfolio(BINARY, PROFILE)[0], BINARY, 0)
    model.fit(replace(part(BINARY, 200), features=features(matrix), y=y), None, Limits())
    with_level = model.predict(features(np.array([[0.0, 1.0], [0.0, 0.0]])))
    assert abs(with_level[0, 1] - with_level[1, 1]) < 0.4


def test_nearest_neighbours_are_never_certain_and_fit_few_rows() -> None:
    train = part(MULTICLASS, 6)
    params = {**Neighbours().portfolio(MULTICLASS, PROFILE)[0], "neighbours": 100}
    model = Neighbours().build(params, MULTICLASS, 0)
    model.fit(train, None, Limits())
    prediction = model.predict(train.features)
    assert prediction[:, np.unique(train.y)].min() > 0
    assert prediction.max() < 1


def test_a_leaf_of_one_label_is_not_certain() -> None:
    train = part(BINARY, 100)
    params = {**DecisionTree().portfolio(BINARY, PROFILE)[0], "min_samples_leaf": 1}
    model = DecisionTree().build(params, BINARY, 0)
    model.fit(train, None, Limits())
    assert 0 < model.predict(train.features).min() < 0.4


@pytest.mark.parametrize(
    ("family", "profile", "reason"),
    [
        (SupportVectors(), replace(PROFILE, n_rows=50_000), "50000 rows is too slow"),
        (Neighbours(), replace(PROFILE, n_rows=200_000), "200000 rows"),
        (Neighbours(), replace(PROFILE, columns=((Role.NUMERIC, 900),)), "900 features"),
    ],
)
def test_families_decline_what_would_take_too_long(family: ArrayFamily, profile: Profile, reason: str) -> None:
    with pytest.raises(FamilyDeclined, match=reason):
        family.accepts(BINARY, profile)


def test_a_model_of_another_family_is_refused(tmp_path: Path) -> None:
    model = NaiveBayes().build(NaiveBayes().portfolio(BINARY, PROFILE)[0], BINARY, 0)
    model.fit(part(BINARY), None, Limits())
    model.save(tmp_path)
    with pytest.raises(ArtifactError, match="holds no linear model but Evidence"):
        Linear().load(tmp_path)


def test_importing_the_plugin_loads_no_model_library() -> None:
    heavy = ("sklearn", "lightgbm", "scipy", "torch")
    code = f"import sys, automl_classical; print([name for name in {heavy} if name in sys.modules])"
    environment = {**os.environ, "PYTHONWARNINGS": ""}
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert out.stdout.strip() == "[]"
