"""Models of the logarithm of a skewed target, and the family that chooses between the two scales."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from automl.data.prepare import DataOptions, prepare
from automl.engine import load, run_fit
from automl.errors import ArtifactError
from automl.metrics import default_metric
from automl.options import FitOptions, FitResult
from automl.plugin import ModelFamily
from automl.search.journal import read_records
from automl.search.log_target import LOG_TARGET, LogScale, LogTargetFamily
from automl.task import TaskKind
from tests.search.tiny import Priced

RNG = np.random.default_rng(0)
X = RNG.normal(size=(400, 3))
SKEWED = np.exp(X @ [0.8, -0.5, 0.3] + RNG.normal(scale=0.1, size=400)) * 1000


def frame(y: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({f"x{i}": X[:, i] for i in range(3)} | {"y": y})


def fit(folder: Path, y: np.ndarray, **options: object) -> FitResult:
    settings = {"families": ("linear", "decision_tree"), "trials": 6, "backend": "inline", "folds": 3}
    return run_fit(frame(y), FitOptions("y", output=folder / "run", **(settings | options)))  # type: ignore[arg-type]


def scale_of(y: np.ndarray) -> LogScale | None:
    return LogScale.of_dataset(prepare(frame(y), DataOptions(target="y")).dataset)


def test_back_undoes_forward_in_any_unit() -> None:
    for unit in (1e-6, 1.0, 1e6):
        scale = LogScale.of(SKEWED * unit)
        assert scale is not None
        np.testing.assert_allclose(scale.back(scale.forward(SKEWED * unit)), SKEWED * unit)


def test_predictions_stay_within_what_training_showed() -> None:
    scale = LogScale(1.0, 100.0)
    assert scale.back(np.array([-5.0, 0.0, 3.0, 50.0])) == pytest.approx([0.0, 0.0, np.expm1(3.0), 100.0])
    assert np.isnan(scale.back(np.array([np.nan]))).all()


@pytest.mark.parametrize(
    "y",
    [
        pytest.param(RNG.normal(size=400) + 10, id="symmetric"),
        pytest.param(SKEWED - 2 * SKEWED.min(), id="below zero"),
        pytest.param(-SKEWED, id="negative"),
        pytest.param(np.full(400, 3.0) + np.arange(400) % 2, id="two values"),
        pytest.param(SKEWED.max() - SKEWED, id="skewed to the left"),
    ],
)
def test_other_targets_stay_as_they_are(y: np.ndarray) -> None:
    assert LogScale.of(y) is None


def test_labels_have_no_scale() -> None:
    table = frame(SKEWED).assign(y=np.where(SKEWED > 1000, "high", "low"))
    dataset = prepare(table, DataOptions(target="y", kind=TaskKind.BINARY)).dataset
    assert LogScale.of_dataset(dataset) is None


@pytest.mark.parametrize("numbers", [(0.0, 1.0), (-1.0, 1.0), (1.0, -1.0), (float("nan"), 1.0), (1.0, float("inf"))])
def test_an_impossible_scale_is_refused(numbers: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="a scale needs"):
        LogScale(*numbers)


def test_it_declares_and_does_all_that_a_family_can() -> None:
    inner = Priced("own", 1.0, out_of_bag=True)
    inner.elastic = 0.5  # type: ignore[misc]
    family = LogTargetFamily(inner, LogScale(1.0, 2.0))
    assert (family.name, family.out_of_bag, family.elastic) == ("own", True, 0.5)
    methods = {name for name, what in vars(ModelFamily).items() if callable(what) and not name.startswith("_")}
    assert methods <= set(vars(LogTargetFamily)), "what is not passed on would be answered by the base class"


def test_the_default_is_tried_on_both_scales_and_the_rest_on_one() -> None:
    class Rich(Priced):
        def portfolio(self, task, profile):
            return [{"x": x} for x in (1, 2, 3)]

    family = LogTargetFamily(Rich("own", 1.0), LogScale(1.0, 2.0))
    flags = [(entry["x"], entry[LOG_TARGET]) for entry in family.portfolio(None, None)]  # type: ignore[arg-type]
    assert flags == [(1, False), (1, True), (2, True), (3, False)]


def test_a_search_learns_logarithms_and_judges_the_target_itself(tmp_path: Path) -> None:
    result = fit(tmp_path, SKEWED)
    best = {
        flag: min(r.error for r in read_records(result.run) if r.error is not None and r.params[LOG_TARGET] is flag)
        for flag in (False, True)
    }
    assert best[True] < 0.7 * best[False]
    chosen = json.loads((result.model / "manifest.json").read_text())["members"]
    assert any(member["params"][LOG_TARGET] for member in chosen)
    predicted = load(result.model).predict(frame(SKEWED).drop(columns="y"))
    error = default_metric(TaskKind.REGRESSION).error(SKEWED, np.asarray(predicted, dtype=np.float64)[:, None], None)
    assert error < 1.1 * best[True]


def test_without_it_only_the_target_itself_is_learned(tmp_path: Path) -> None:
    result = fit(tmp_path, SKEWED, without=("log_target",), trials=2)
    assert all(LOG_TARGET not in record.params for record in read_records(result.run))


def test_a_damaged_scale_is_refused(tmp_path: Path) -> None:
    result = fit(tmp_path, SKEWED, families=("linear",), trials=2)
    manifest = json.loads((result.model / "manifest.json").read_text())
    name = next(name for name in manifest["files"] if name.endswith("log_target.npz"))
    (result.model / name).write_bytes(b"nothing")
    with pytest.raises(ArtifactError, match=r"log_target\.npz"):
        load(result.model)
