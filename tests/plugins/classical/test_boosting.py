from __future__ import annotations

import gzip
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from automl.plugin import ArtifactError, Features, Limits, Params, Part, Profile, Role, Task, TrialFailed
from automl_classical import boosting_model
from automl_classical.boosting import LightGBM, LightGBMExtraTrees
from automl_classical.boosting_model import BoostingModel
from tests.plugins.classical.synthetic import BINARY, MULTICLASS, VALUES, part, take


def profile(task: Task, columns: int = 5, seconds: float | None = None, n_rows: int = 20_000) -> Profile:
    return Profile(n_rows, task.n_outputs, ((Role.NUMERIC, columns),), seconds=seconds)


def default(task: Task) -> Params:
    return LightGBM().portfolio(task, profile(task))[0]


def test_many_labels_get_fewer_rounds_at_the_same_number_of_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boosting_model, "MAX_TREES", 40)
    model = LightGBM().build(default(MULTICLASS), MULTICLASS, 0)
    model.fit(part(MULTICLASS, 120), None, Limits())
    assert model.parsed().num_trees() == 40
    assert model.parsed().current_iteration() == 10


def test_early_stopping_keeps_the_best_round() -> None:
    train, score = part(BINARY, 150), part(BINARY, 150, seed=1)
    noisy = Part(train.features, np.where(np.random.default_rng(0).random(150) < 0.3, 1 - train.y, train.y))
    model = LightGBM().build({**default(BINARY), "min_data_in_leaf": 5}, BINARY, 0)
    model.fit(noisy, score, Limits())
    assert model.parsed().current_iteration() < 200


@pytest.mark.parametrize("task", [BINARY, MULTICLASS, VALUES], ids=lambda task: str(task.kind))
def test_a_model_built_again_has_as_many_rounds_at_the_same_rates(task: Task, tmp_path: Path) -> None:
    params = {**default(task), "min_data_in_leaf": 5}
    judged = LightGBM().build(params, task, 0)
    judged.fit(part(task, 150), part(task, 150, seed=1), Limits())
    judged.save(tmp_path)
    again = LightGBM().build_again(LightGBM().load(tmp_path), params, task, 0)
    assert isinstance(again, BoostingModel)
    again.fit(part(task, 300), None, Limits())
    rounds = judged.parsed().current_iteration()
    assert again.parsed().current_iteration() == rounds > 1
    assert shrinkage(again) == shrinkage(judged)


def test_rates_that_were_raised_for_want_of_time_are_raised_again(tmp_path: Path) -> None:
    params = {**default(BINARY), "min_data_in_leaf": 5}
    raised = LightGBM().build(params, BINARY, 0).again(params, BINARY, 0, extra_trees=False)
    assert raised is None  # nothing was fitted: there are no rates to tell
    hurried = BoostingModel(params, BINARY, 0, False, rates=[0.04] * 3 + [0.3] * 4)
    hurried.fit(part(BINARY, 150), None, Limits())
    again = hurried.again(params, BINARY, 0, extra_trees=False)
    assert again is not None
    again.fit(part(BINARY, 300), None, Limits())
    assert shrinkage(again)[1:] == shrinkage(hurried)[1:] == [0.04] * 2 + [0.3] * 4


def test_too_little_time_for_all_rounds_is_a_failure() -> None:
    model = BoostingModel(default(BINARY), BINARY, 0, False, rates=[0.04] * 1000)
    with pytest.raises(TrialFailed, match="of 1000 rounds"):
        model.fit(part(BINARY, 3000), None, Limits(time.monotonic() + 0.1))


def shrinkage(model: BoostingModel) -> list[float]:
    return [float(rate) for rate in re.findall(r"^shrinkage=(.*)$", model.kept or "", re.MULTILINE)]


def test_a_run_with_little_time_gets_faster_learning_rates() -> None:
    slow = LightGBMExtraTrees().portfolio(MULTICLASS, profile(MULTICLASS))
    fast = LightGBMExtraTrees().portfolio(MULTICLASS, profile(MULTICLASS, seconds=30.0))
    assert all(a["learning_rate"] < b["learning_rate"] <= 0.1 for a, b in zip(slow, fast, strict=True))  # type: ignore[operator]


def test_selection_is_in_the_space_of_wide_tables_only() -> None:
    assert "keep" not in LightGBM().portfolio(BINARY, profile(BINARY, columns=29))[0]
    wide = LightGBM().portfolio(BINARY, profile(BINARY, columns=30))[0]
    assert LightGBM().encoding(wide, BINARY).keep == 1.0
    assert LightGBM().encoding({**wide, "keep": 0.5}, BINARY).keep == 0.5


@pytest.mark.parametrize("task", [BINARY, MULTICLASS, VALUES], ids=lambda task: str(task.kind))
def test_constant_columns_are_harmless(task: Task) -> None:
    train = part(task, 60)
    flat = Part(Features(np.zeros((60, 2), np.float32), ("a", "b"), np.array([0, 3])), train.y)
    model = LightGBM().build(default(task), task, 0)
    model.fit(flat, flat, Limits())
    prediction = model.predict(flat.features)
    expected = train.y.mean() if task is VALUES else np.bincount(train.y) / 60
    np.testing.assert_allclose(prediction[0], expected, rtol=0.02)


def test_categories_are_split_as_categories() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 12, 600)
    y = np.isin(codes, [2, 5, 7, 11]).astype(np.int64)
    features = Features(codes[:, None].astype(np.float32), ("c",), np.array([12]))
    model = LightGBM().build({**default(BINARY), "cat_l2": 1.0, "cat_smooth": 1.0}, BINARY, 0)
    model.fit(Part(features, y), None, Limits())
    assert (model.predict(features).argmax(axis=1) == y).all()


def test_labels_only_in_the_score_part_are_left_out_of_stopping() -> None:
    train, score = part(MULTICLASS, 120), part(MULTICLASS, 60, seed=1)
    rows = np.flatnonzero(train.y != 3)
    kept = take(train, rows)
    model = LightGBM().build(default(MULTICLASS), MULTICLASS, 0)
    model.fit(kept, score, Limits())
    assert (model.predict(score.features)[:, 3] == 0).all()


def saved(folder: Path) -> Path:
    train = part(MULTICLASS, 150)
    model = LightGBM().build({**default(MULTICLASS), "min_data_in_leaf": 5}, MULTICLASS, 0)
    model.fit(train, None, Limits())
    model.save(folder)
    return folder / "lightgbm.txt.gz"


def line(text: str, name: str) -> str:
    return next(row for row in text.splitlines() if row.startswith(f"{name}=") and len(row.split()) > 2)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("max_feature_idx=4", "max_feature_idx=9"),
        lambda text: text.replace("num_tree_per_iteration=4", "num_tree_per_iteration=3"),
        lambda text: text.replace(line(text, "split_feature"), "split_feature=" + "99 " * 40, 1),
        lambda text: text.replace(line(text, "left_child"), line(text, "left_child").replace("-1", "5000"), 1),
        lambda text: text.replace(line(text, "left_child"), re.sub(r"-?\d+", "0", line(text, "left_child"))),
        lambda text: text.replace("num_leaves=", "num_leaves=9", 1),
        lambda text: text.replace(line(text, "threshold") + "\n", "", 1),
        lambda text: text.replace(line(text, "threshold"), line(text, "threshold") + "\n" + line(text, "threshold"), 1),
    ],
)
def test_a_damaged_text_is_refused_before_lightgbm_reads_it(tmp_path: Path, damage: Any) -> None:
    path = saved(tmp_path)
    text = gzip.decompress(path.read_bytes()).decode()
    assert damage(text) != text
    LightGBM().load(tmp_path)
    path.write_bytes(gzip.compress(damage(text).encode()))
    with pytest.raises(ArtifactError, match=r"lightgbm\.txt"):
        LightGBM().load(tmp_path)


def test_a_missing_text_is_an_artifact_error(tmp_path: Path) -> None:
    saved(tmp_path).unlink()
    with pytest.raises(ArtifactError, match="missing"):
        LightGBM().load(tmp_path)
