from __future__ import annotations

import io
import pickle
import time
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from automl.plugin import ALL_ROWS, ArtifactError, Limits, Task, TrialFailed
from automl_classical.extra_trees import ExtraTrees
from automl_classical.forest import ForestFamily, entry
from automl_classical.growing import grow, out_of_bag_sums
from automl_classical.packed import PackedForest
from automl_classical.packing import Leaves, pack
from automl_classical.random_forest import RandomForest
from tests.plugins.classical.synthetic import BINARY, MULTICLASS, VALUES, job, part


def packed(forest: Any, task: Task, n_features: int) -> PackedForest:
    classes = np.arange(task.n_outputs) if task.is_classification else np.empty(0, dtype=np.int64)
    return pack(forest.estimators_, n_features, Leaves(classes, np.zeros(task.n_outputs)))


@pytest.mark.parametrize("max_leaf_nodes", [None, 20])
@pytest.mark.parametrize(
    ("forest", "task"),
    [
        (RandomForestClassifier, BINARY),
        (RandomForestClassifier, MULTICLASS),
        (ExtraTreesClassifier, MULTICLASS),
        (RandomForestRegressor, VALUES),
        (ExtraTreesRegressor, VALUES),
    ],
)
def test_packing_predicts_what_scikit_learn_predicts(forest: Any, task: Task, max_leaf_nodes: int | None) -> None:
    train, other = part(task, 300), part(task, 150, seed=1)
    model = forest(n_estimators=12, random_state=0, max_leaf_nodes=max_leaf_nodes)
    model.fit(train.features.matrix, train.y)
    ours = packed(model, task, 5).predict(other.features.matrix)
    theirs = model.predict_proba if task.is_classification else model.predict
    np.testing.assert_allclose(ours, theirs(other.features.matrix).reshape(ours.shape), rtol=1e-6, atol=1e-6)


def test_values_on_a_threshold_fall_on_the_same_side() -> None:
    grid = np.round(np.random.default_rng(0).normal(size=(200, 3)), 1).astype(np.float32)
    y = (grid[:, 0] + grid[:, 1] > 0.1).astype(np.int64)
    model = RandomForestClassifier(20, random_state=0).fit(grid, y)
    thresholds = np.concatenate([tree.tree_.threshold for tree in model.estimators_]).astype(np.float32)
    rows = np.tile(thresholds[:, None], (1, 3))
    np.testing.assert_allclose(packed(model, BINARY, 3).predict(rows), model.predict_proba(rows), atol=1e-6)


def test_chunks_do_not_change_predictions(monkeypatch: pytest.MonkeyPatch) -> None:
    train = part(MULTICLASS, 150)
    model = RandomForestClassifier(7, random_state=0).fit(train.features.matrix, train.y)
    forest = packed(model, MULTICLASS, 5)
    whole = forest.predict(train.features.matrix)
    monkeypatch.setattr("automl_classical.packed._ROWS", 40)
    monkeypatch.setattr("automl_classical.packed._LANES", 90)
    np.testing.assert_allclose(forest.predict(train.features.matrix), whole, rtol=1e-12)


@pytest.mark.parametrize(("forest", "task"), [(RandomForestClassifier, MULTICLASS), (RandomForestRegressor, VALUES)])
def test_out_of_bag_equals_scikit_learn(forest: Any, task: Task) -> None:
    train = part(task, 120)
    model = forest(n_estimators=40, random_state=0, oob_score=True).fit(train.features.matrix, train.y)
    total, count = out_of_bag_sums(model, train.features.matrix, threads=2)
    theirs = model.oob_decision_function_ if task.is_classification else model.oob_prediction_[:, None]
    np.testing.assert_allclose(total / count[:, None], theirs, rtol=1e-9)


def test_stages_grow_the_same_forest_as_one_fit() -> None:
    train = part(BINARY, 120)
    at_once = RandomForestClassifier(40, random_state=0).fit(train.features.matrix, train.y)
    staged = RandomForestClassifier(40, random_state=0)
    grow(staged, (train.features.matrix, train.y, None), Limits(deadline=time.monotonic() + 600))
    np.testing.assert_allclose(
        staged.predict_proba(train.features.matrix), at_once.predict_proba(train.features.matrix)
    )


@pytest.mark.parametrize("family", [RandomForest(), ExtraTrees()], ids=lambda family: family.name)
@pytest.mark.parametrize("task", [MULTICLASS, VALUES], ids=lambda task: str(task.kind))
def test_one_fit_stands_in_for_all_folds(family: ForestFamily, task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ForestFamily, "trees", 30)
    whole = part(task, 200)
    result = family.cross_fit(job(task, entry("sqrt", 2, 1), whole, out_of_bag=True))
    assert [model.fold for model in result.models] == [ALL_ROWS]
    assert [len(prediction) for prediction in result.predictions] == [50] * 4
    honest = np.empty((200, task.n_outputs))
    for fold, prediction in enumerate(result.predictions):
        honest[np.arange(200) % 4 == fold] = prediction
    fitted = result.models[0].model.predict(whole.features)
    if task.is_classification:
        np.testing.assert_allclose(honest.sum(axis=1), 1)
        assert honest.min() > 0, "smoothing leaves no probability at zero"
        right, fitted_right = (float((p.argmax(1) == whole.y).mean()) for p in (honest, fitted))
        assert 0.4 < right < fitted_right
    else:
        error, fitted_error = (float(((p[:, 0] - whole.y) ** 2).mean()) for p in (honest, fitted))
        assert fitted_error < error < float(np.var(whole.y))


def test_noise_stays_at_chance_level(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ForestFamily, "trees", 50)
    whole = part(BINARY, 300)
    noise = replace(whole, y=np.random.default_rng(5).integers(0, 2, 300))
    result = RandomForest().cross_fit(job(BINARY, entry("sqrt", 2, 1), noise, out_of_bag=True))
    hits = [
        (prediction.argmax(1) == noise.y[np.arange(300) % 4 == fold]).mean()
        for fold, prediction in enumerate(result.predictions)
    ]
    assert 0.4 < float(np.mean(hits)) < 0.6


def test_copies_do_not_tell_each_other_their_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ForestFamily, "trees", 80)
    units = np.arange(300) % 150  # every row is there twice, with the same random label
    base = part(BINARY, 300)
    labels = np.random.default_rng(5).integers(0, 2, 150)[units]
    twice = replace(base, y=labels, features=replace(base.features, matrix=base.features.matrix[units]))
    hits = {}
    for known in (None, units):
        asked = replace(job(BINARY, entry("sqrt", 2, 1), twice, out_of_bag=True), units=known)
        result = RandomForest().cross_fit(asked)
        right = [(p.argmax(1) == labels[np.arange(300) % 4 == i]).mean() for i, p in enumerate(result.predictions)]
        hits[known is None] = float(np.mean(right))
    assert hits[True] > 0.8, "by their copies, rows are recognised"
    assert 0.35 < hits[False] < 0.65


def test_rows_that_every_tree_saw_get_the_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ForestFamily, "trees", 1)
    result = RandomForest().cross_fit(job(VALUES, entry("sqrt", 2, 1), part(VALUES, 80), out_of_bag=True))
    values, counts = np.unique(np.concatenate(result.predictions).round(6), return_counts=True)
    assert counts.max() > 30, "about 63% of the rows are in the only tree's sample"
    assert np.isfinite(values).all()


def test_folds_are_fitted_where_out_of_bag_is_not_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ForestFamily, "trees", 5)
    result = ExtraTrees().cross_fit(job(BINARY, entry("sqrt", 2, 1), part(BINARY, 80), out_of_bag=False))
    assert [model.fold for model in result.models] == [0, 1, 2, 3]


def test_no_time_left_fails_the_trial() -> None:
    with pytest.raises(TrialFailed, match="no time left"):
        RandomForest().cross_fit(
            job(BINARY, entry("sqrt", 2, 1), part(BINARY), out_of_bag=True, limits=Limits(deadline=0.0))
        )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("left", np.zeros_like),  # children before their parents: an endless walk
        ("left", lambda a: a + 10_000),
        ("feature", lambda a: np.where(a >= 0, 99, a).astype(a.dtype)),
        ("feature", lambda a: (a - 5).astype(a.dtype)),
        ("roots", lambda a: a - 1),
        ("columns", lambda a: (a + 7).astype(a.dtype)),
        ("starts", lambda a: a[::-1].copy()),
        ("threshold", lambda a: a[:-1]),
        ("values", lambda a: np.full_like(a, np.nan)),
    ],
)
def test_a_damaged_forest_is_refused(tmp_path: Path, field: str, value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from automl.storage import save

    train = part(BINARY, 60)
    forest = packed(RandomForestClassifier(3, random_state=0).fit(train.features.matrix, train.y), BINARY, 5)
    # What a hostile file holds cannot be built here, so its check is switched off until the file is written.
    with monkeypatch.context() as unchecked:
        unchecked.setattr(PackedForest, "__post_init__", lambda self: None)
        save(replace(forest, **{field: value(getattr(forest, field))}), tmp_path / "model.npz")
    with pytest.raises(ArtifactError, match="damaged"):
        RandomForest().load(tmp_path)


class Bomb:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.marker,))


def test_a_planted_pickle_is_refused_and_not_run(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    pickle.dump(Bomb(tmp_path / "ran"), buffer)
    (tmp_path / "model.npz").write_bytes(buffer.getvalue())
    with pytest.raises(ArtifactError):
        RandomForest().load(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        np.savez(tmp_path / "model.npz", structure=np.array([Bomb(tmp_path / "ran")], dtype=object))
    with pytest.raises(ArtifactError):
        RandomForest().load(tmp_path)
    assert not (tmp_path / "ran").exists()
