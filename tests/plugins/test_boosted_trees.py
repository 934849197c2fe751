from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import log_loss

from automl.plugin import (
    ArtifactError,
    Features,
    Limits,
    Model,
    ModelFamily,
    Params,
    Part,
    Profile,
    Role,
    ScorePieces,
    Task,
)
from tests.plugins.classical.synthetic import BINARY, MULTICLASS, VALUES, part, take


def profile(task: Task, seconds: float | None = None, n_rows: int = 20_000) -> Profile:
    return Profile(n_rows, task.n_outputs, ((Role.NUMERIC, 5),), seconds=seconds)


@dataclass(frozen=True)
class Trees:
    """A family of boosted trees, its file, and parameters that have categories counted instead of split one by one."""

    family: ModelFamily
    file: str
    counted: Params

    def default(self, task: Task, **changed: Any) -> Params:
        return {**self.family.portfolio(task, profile(task))[0], **changed}

    def fitted(self, task: Task, train: Part, score: Part | None = None, seed: int = 0, **changed: Any) -> Model:
        model = self.family.build(self.default(task, **changed), task, seed)
        model.fit(train, score, Limits())
        return model


@pytest.fixture(params=["catboost", "xgboost"])
def trees(request: pytest.FixtureRequest) -> Trees:
    library = request.param
    pytest.importorskip(library, reason=f"the plugin needs {library}")
    [family] = import_module(f"automl_{library}").automl_families()
    file = {"catboost": "catboost.cbm", "xgboost": "xgboost.ubj.gz"}[library]
    counted: dict[str, Params] = {"catboost": {"one_hot_max_size": 2}, "xgboost": {"max_cat_to_onehot": 4}}
    return Trees(family, file, counted[library])


def coded(codes: NDArray[Any], cardinality: int) -> Features:
    """A column of codes beside a column of noise."""
    noise = np.random.default_rng(1).normal(size=len(codes))
    matrix = np.column_stack([codes, noise]).astype(np.float32)
    return Features(np.ascontiguousarray(matrix), ("c", "n"), np.array([cardinality, 0]))


@pytest.mark.parametrize("task", [BINARY, VALUES], ids=lambda task: str(task.kind))
def test_a_short_deadline_still_gives_a_useful_model(trees: Trees, task: Task) -> None:
    # At this rate the rounds of three seconds hardly leave the mean; a busy machine still has time for faster ones.
    train, score = part(task, 8000, 20), part(task, 2000, 20, seed=1)
    model = trees.family.build(trees.default(task, learning_rate=0.0005), task, 0)
    model.fit(train, score, Limits(time.monotonic() + 3.0))
    prediction = model.predict(score.features)
    if task is BINARY:
        assert (prediction.argmax(axis=1) == score.y).mean() > 0.9
    else:
        assert ((prediction[:, 0] - score.y) ** 2).mean() < 0.1 * score.y.var()


def test_early_stopping_keeps_the_best_round(trees: Trees) -> None:
    train, score = part(BINARY, 200), part(BINARY, 200, seed=1)
    noisy = Part(train.features, np.where(np.random.default_rng(0).random(200) < 0.3, 1 - train.y, train.y))

    def loss(model: Model) -> float:
        right = model.predict(score.features)[np.arange(200), score.y]
        return float(-np.log(np.maximum(right, 1e-15)).mean())

    assert loss(trees.fitted(BINARY, noisy, score)) < loss(trees.fitted(BINARY, noisy)) - 0.01


def test_on_noise_the_score_part_is_predicted_no_better_than_by_chance(trees: Trees) -> None:
    kept, honest = [], []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        train, score = (Part(part(BINARY, 200, seed=seed + 9 * i).features, rng.integers(0, 2, 200)) for i in (0, 1))
        model = trees.fitted(BINARY, train, score, seed=seed)
        kept.append(log_loss(score.y, model.predict(score.features)))
        honest.append(log_loss(score.y, model.predict_score(score.features)))
    assert np.mean(honest) > max(np.log(2), np.mean(kept)), "what is kept looks better than it is"


def test_a_row_may_be_predicted_by_more_rounds_than_are_kept(trees: Trees) -> None:
    """One piece has other columns' targets, so that all rows together stop early, and the others by themselves late."""
    train, score = part(BINARY, 200), part(BINARY, 200, seed=1)
    pieces = ScorePieces(score.y, 0).of_row
    odd = np.flatnonzero(pieces == 0)
    rows = np.arange(200)
    rows[odd] = odd[np.argsort(score.y[odd], kind="stable")[::-1]]  # in the piece, labels and columns do not match
    model = trees.fitted(BINARY, train, Part(score.features.take(rows), score.y))
    honest, own = model.predict_score(score.features), model.predict(score.features)
    surer = np.abs(honest[:, 1] - 0.5) - np.abs(own[:, 1] - 0.5)
    assert surer[pieces == 0].mean() > 0.02
    assert surer[pieces == 0].mean() > surer[pieces != 0].mean()


def test_categories_are_split_as_categories(trees: Trees) -> None:
    codes = np.random.default_rng(0).integers(1, 12, 600)
    y = np.isin(codes, [2, 5, 7, 11]).astype(np.int64)
    features = coded(codes, 12)
    model = trees.fitted(BINARY, Part(features, y))
    assert (model.predict(features).argmax(axis=1) == y).all()


def test_codes_that_training_did_not_see_are_predicted_alike(trees: Trees) -> None:
    codes = np.random.default_rng(0).integers(1, 30, 900)
    features = coded(codes, 60)
    model = trees.fitted(VALUES, Part(features, codes % 7 + 0.0), **trees.counted)
    strange = np.repeat([0, 31, 59, 500_000], 2)
    matrix = np.column_stack([strange, np.tile([0.1, 1.0], 4)]).astype(np.float32)
    prediction = model.predict(Features(matrix, features.names, features.cardinalities))
    assert np.isfinite(prediction).all()
    assert prediction.min() > -2
    assert prediction.max() < 9


def test_labels_only_in_the_score_part_are_left_out_of_stopping(trees: Trees) -> None:
    train, score = part(MULTICLASS, 120), part(MULTICLASS, 60, seed=1)
    model = trees.fitted(MULTICLASS, take(train, np.flatnonzero(train.y != 3)), score)
    assert (model.predict(score.features)[:, 3] == 0).all()


def test_seeds_matter_and_reproduce(trees: Trees) -> None:
    train = part(BINARY, 300)
    first, again, other = (trees.fitted(BINARY, train, seed=seed).predict(train.features) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-4


def test_weights_matter(trees: Trees) -> None:
    train = part(BINARY, 300)
    heavy = Part(train.features, train.y, np.where(train.y == 1, 20.0, 1.0))
    plain = trees.fitted(BINARY, train).predict(train.features)[:, 1].mean()
    assert trees.fitted(BINARY, heavy).predict(train.features)[:, 1].mean() > plain


@pytest.mark.parametrize("task", [BINARY, MULTICLASS, VALUES], ids=lambda task: str(task.kind))
def test_constant_columns_are_harmless(trees: Trees, task: Task) -> None:
    train = part(task, 60)
    flat = Part(Features(np.zeros((60, 2), np.float32), ("a", "b"), np.array([0, 3])), train.y)
    prediction = trees.fitted(task, flat, flat).predict(flat.features)
    expected = train.y.mean() if task is VALUES else np.bincount(train.y) / 60
    np.testing.assert_allclose(prediction[0], expected, rtol=0.02)


def test_a_constant_target_is_predicted(trees: Trees) -> None:
    train = part(VALUES, 60)
    same = Part(train.features, np.full(60, 7.5))
    np.testing.assert_allclose(trees.fitted(VALUES, same, same).predict(train.features), 7.5)


def test_huge_targets_keep_their_precision(trees: Trees) -> None:
    train = part(VALUES, 400)
    far = Part(train.features, train.y + 1e9)
    error = trees.fitted(VALUES, far).predict(train.features)[:, 0] - far.y
    assert np.abs(error).mean() < 5


def test_a_run_with_little_time_gets_faster_learning_rates(trees: Trees) -> None:
    slow = trees.family.portfolio(MULTICLASS, profile(MULTICLASS, n_rows=200_000))
    fast = trees.family.portfolio(MULTICLASS, profile(MULTICLASS, n_rows=200_000, seconds=30.0))
    assert all(a["learning_rate"] < b["learning_rate"] <= 0.15 for a, b in zip(slow, fast, strict=True))  # type: ignore[operator]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "cut": lambda data: data[: len(data) // 2],
    "flipped": lambda data: data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 0x10]) + data[len(data) // 2 + 1 :],
    "longer": lambda data: data + b"\0" * 9 + b"x",
    "other": lambda data: b"something else entirely",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_file_is_refused(trees: Trees, tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    trees.fitted(MULTICLASS, part(MULTICLASS, 150)).save(tmp_path)
    path = tmp_path / trees.file
    trees.family.load(tmp_path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ArtifactError, match=trees.file.replace(".", r"\.")):
        trees.family.load(tmp_path)


def test_a_missing_file_is_an_artifact_error(trees: Trees, tmp_path: Path) -> None:
    trees.fitted(BINARY, part(BINARY, 150)).save(tmp_path)
    (tmp_path / trees.file).unlink()
    with pytest.raises(ArtifactError, match="missing"):
        trees.family.load(tmp_path)


def test_trees_of_other_columns_are_refused(trees: Trees, tmp_path: Path) -> None:
    for name, width in (("one", 5), ("two", 6)):
        (tmp_path / name).mkdir()
        trees.fitted(BINARY, part(BINARY, 150, width)).save(tmp_path / name)
    (tmp_path / "two" / trees.file).replace(tmp_path / "one" / trees.file)
    with pytest.raises(ArtifactError):
        trees.family.load(tmp_path / "one")
