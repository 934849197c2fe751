from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from automl.errors import ArtifactError, PluginError
from automl.plugin import (
    CLASSIFICATION,
    Features,
    Limits,
    ModelFamily,
    Params,
    Part,
    Profile,
    SklearnFamily,
    Suggest,
    Task,
    TaskKind,
    TrialFailed,
)
from automl.testing import parametrize_family_checks

TASK = Task(TaskKind.MULTICLASS, "y", ("a", "b", "c"))


class Simple(SklearnFamily):
    name = "simple"

    def portfolio(self, task: Task, profile: Profile) -> list[Params]:
        return [{"C": 1.0}]

    def suggest(self, trial: Suggest, task: Task, profile: Profile) -> Params:
        return {"C": trial.suggest_float("C", 0.01, 100.0, log=True)}

    def estimator(self, params: Params, task: Task, seed: int, threads: int) -> Any:
        if not task.is_classification:
            return LinearRegression()
        # Few steps on purpose: what does not converge must not warn.
        return make_pipeline(StandardScaler(), LogisticRegression(C=params["C"], max_iter=20))


class Spy(DummyClassifier):
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Spy:
        self.seen_weight_ = sample_weight
        return super().fit(X, y, sample_weight)


class Thirds(ClassifierMixin, BaseEstimator):
    def fit(self, X: Any, y: Any) -> Thirds:
        self.classes_ = np.unique(y)
        return self

    def predict(self, X: Any) -> Any:
        return np.zeros(len(X), dtype=int)

    def predict_proba(self, X: Any) -> Any:
        return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))


class Custom(Simple):
    name = "custom"
    tasks = CLASSIFICATION
    made: ClassVar[type] = Thirds

    def estimator(self, params: Params, task: Task, seed: int, threads: int) -> Any:
        return self.made()


class Trusting(Custom):
    trusted = (f"{Thirds.__module__}.Thirds",)


def part(classes: tuple[int, ...] = (0, 1, 2), n_rows: int = 60) -> Part:
    rng = np.random.default_rng(0)
    y = np.array(classes)[np.arange(n_rows) % len(classes)]
    matrix = (rng.normal(size=(n_rows, 2)) + y[:, None]).astype(np.float32)
    return Part(Features(matrix, ("a", "b"), np.zeros(2, dtype=np.int64)), y)


def fitted(family: SklearnFamily, train: Part) -> Any:
    model = family.build({"C": 1.0}, TASK, 0)
    model.fit(train, None, Limits())
    return model


@parametrize_family_checks([Simple()], {"import_is_light": "this module imports what its tests need"})
def test_a_dozen_lines_conform(family: ModelFamily, check: Callable[[ModelFamily], None]) -> None:
    check(family)


def test_a_class_without_training_rows_has_probability_zero() -> None:
    prediction = fitted(Simple(), part((0, 2))).predict(part().features)
    assert prediction.shape == (60, 3)
    assert (prediction[:, 1] == 0).all()
    np.testing.assert_allclose(prediction.sum(axis=1), 1)


def test_weights_reach_an_estimator_that_takes_them() -> None:
    class Weighted(Custom):
        made = Spy

    train = part()
    weights = np.linspace(1, 2, len(train.y))
    model = Weighted().build({"C": 1.0}, TASK, 0)
    model.fit(Part(train.features, train.y, weights), None, Limits())
    np.testing.assert_array_equal(model._estimator.seen_weight_, weights)  # type: ignore[attr-defined]


def test_weights_reach_the_last_step_of_a_pipeline() -> None:
    train = part()
    model = Simple().build({"C": 1.0}, TASK, 0)
    model.fit(Part(train.features, train.y, np.where(train.y == 2, 100.0, 1.0)), None, Limits())
    plain = fitted(Simple(), train).predict(train.features)
    assert model.predict(train.features)[:, 2].mean() > plain[:, 2].mean() + 0.1


def test_an_estimator_without_probabilities_is_refused() -> None:
    class Hard(Custom):
        made = RidgeClassifier

    with pytest.raises(PluginError, match="RidgeClassifier of family 'custom' has no predict_proba"):
        fitted(Hard(), part())


def test_no_time_left() -> None:
    with pytest.raises(TrialFailed, match="no time left"):
        Simple().build({"C": 1.0}, TASK, 0).fit(part(), None, Limits(deadline=0.0))


def test_a_class_that_would_not_load_is_refused_when_saving(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="Thirds"):
        fitted(Custom(), part()).save(tmp_path)


def test_a_trusted_class_loads_and_others_do_not(tmp_path: Path) -> None:
    model = fitted(Trusting(), part())
    model.save(tmp_path)
    again = Trusting().load(tmp_path)
    np.testing.assert_array_equal(again.predict(part().features), model.predict(part().features))
    with pytest.raises(ArtifactError, match=r"refused.*Thirds"):
        Simple().load(tmp_path)


def test_a_planted_call_is_refused_and_not_run(tmp_path: Path) -> None:
    fitted(Simple(), part()).save(tmp_path)
    path = tmp_path / "estimator.skops"
    marker = tmp_path / "ran"
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(members["schema.json"])
    schema |= {"__class__": "system", "__module__": "os", "__loader__": "FunctionNode", "content": f"touch {marker}"}
    members["schema.json"] = json.dumps(schema).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(ArtifactError, match=r"estimator\.skops"):
        Simple().load(tmp_path)
    assert not marker.exists()


class Bomb:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.marker,))


@pytest.mark.parametrize("file", ["estimator.skops", "head.npz"])
def test_a_planted_pickle_is_refused_and_not_run(tmp_path: Path, file: str) -> None:
    fitted(Simple(), part()).save(tmp_path)
    buffer = io.BytesIO()
    pickle.dump(Bomb(tmp_path / "ran"), buffer)
    (tmp_path / file).write_bytes(buffer.getvalue())
    with pytest.raises(ArtifactError, match=file):
        Simple().load(tmp_path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("file", ["estimator.skops", "head.npz"])
def test_a_missing_file_is_an_artifact_error(tmp_path: Path, file: str) -> None:
    fitted(Simple(), part()).save(tmp_path)
    (tmp_path / file).unlink()
    with pytest.raises(ArtifactError, match="missing"):
        Simple().load(tmp_path)
