"""The integration for the AutoML Benchmark, on local files, with a stand-in for the benchmark's side."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from tests.conftest import ROOT

USER_DIR = ROOT / "benchmarks" / "amlb"
STANDIN = Path(__file__).with_name("standin")
QUICK = {"trials": 3, "families": ["linear", "decision_tree"], "backend": "inline", "_n_jobs": 1}


@pytest.fixture
def amlb(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Both the benchmark and its user directory are on the path, as `runbenchmark.py -u` has them."""
    for folder in (STANDIN, USER_DIR):
        monkeypatch.syspath_prepend(folder)
    yield
    for name in [n for n in sys.modules if n.partition(".")[0] in {"amlb", "frameworks", "automl_engine", "amlb_exec"}]:
        del sys.modules[name]


def table(n_rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n_rows)
    city = pd.Categorical(rng.choice(["Oslo", "Bergen"], n_rows))
    signal = x + (city == "Oslo") + rng.normal(scale=0.4, size=n_rows)
    return pd.DataFrame({"x": x, "city": city, "kind": np.where(signal > 0.5, "yes", "no"), "price": signal})


def task(folder: Path, target: str, other: str, **changes: Any) -> tuple[Any, Any]:
    from amlb.benchmark import TaskConfig
    from amlb.data import Dataset, Part, Target

    for name, part in (("train", table(120, 0)), ("test", table(40, 1))):
        part.drop(columns=other).to_parquet(folder / f"{name}.parquet")
    classify = target == "kind"
    subsample = folder / "subsample.parquet"
    table(5, 2).drop(columns=["kind", "price"]).to_parquet(subsample)
    dataset = Dataset(
        Part(str(folder / "train.parquet")),
        Part(str(folder / "test.parquet")),
        Target(target, ["maybe", "no", "yes"] if classify else None),
        [(5, str(subsample))],
    )
    kind, metric = ("classification", "auc") if classify else ("regression", "rmse")
    settings: dict[str, Any] = {
        "name": "local", "type": kind, "metric": metric,
        "output_dir": str(folder / "out"), "output_predictions_file": str(folder / "predictions.csv"),
        "framework_params": QUICK, "seed": 3_000_000_000,
    }  # fmt: skip
    return dataset, TaskConfig(**(settings | changes))


def exec_module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("amlb_exec", USER_DIR / "automl_engine" / "exec.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def given(dataset: Any) -> SimpleNamespace:
    """The task's data as they are in the engine's process."""
    target = SimpleNamespace(name=dataset.target.name, classes=dataset.target.values)
    return SimpleNamespace(
        train=dataset.train, test=dataset.test, target=target,
        inference_subsample_files=dataset.inference_subsample_files,
    )  # fmt: skip


@pytest.mark.usefixtures("amlb")
def test_a_classification_task_from_files_to_the_file_of_predictions(tmp_path):
    import automl_engine

    dataset, config = task(tmp_path, "kind", "price", measure_inference_time=True)
    told = automl_engine.run(dataset, config)
    answer = pd.read_csv(tmp_path / "predictions.csv")
    # Alphabetical, with the class that no row has; then the two columns that the benchmark looks for at the end.
    assert list(answer.columns) == ["maybe", "no", "yes", "predictions", "truth"]
    probabilities = answer[["maybe", "no", "yes"]]
    assert probabilities["maybe"].eq(0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    assert (probabilities.idxmax(axis=1) == answer["predictions"]).all()
    assert list(answer["truth"]) == list(table(40, 1)["kind"])
    assert roc_auc_score(answer["truth"] == "yes", answer["yes"]) > 0.8
    assert told["models_count"] == 3
    assert 1 <= told["models_ensemble_count"] <= 3
    assert told["training_duration"] > told["predict_duration"] > 0
    assert {name: {rows: len(t) for rows, t in times.items()} for name, times in told["inference_times"].items()} == {
        "file": {"5": 1},
        "df": {"1": 100},
    }
    board = pd.read_csv(tmp_path / "out" / "leaderboard" / "local" / "0" / "leaderboard.csv")
    assert set(board["family"]) == {"linear", "decision_tree"}


@pytest.mark.usefixtures("amlb")
def test_a_regression_task_has_values_and_no_probabilities(tmp_path):
    dataset, config = task(tmp_path, "price", "kind")
    answer = exec_module().run(given(dataset), config)
    truth = table(40, 1)["price"]
    np.testing.assert_array_equal(answer["truth"], truth)
    assert np.sqrt(np.mean((answer["predictions"] - truth) ** 2)) < 0.8 * truth.std()
    assert answer["probabilities"] is None
    assert answer["probabilities_labels"] is None
    assert answer["output_file"] == config.output_predictions_file


@pytest.mark.usefixtures("amlb")
def test_what_cannot_be_is_named(tmp_path):
    dataset, config = task(tmp_path, "kind", "price", metric="max_pce")
    with pytest.raises(ValueError, match=r"no metric 'max_pce': known are acc, auc"):
        exec_module().run(given(dataset), config)
    dataset, config = task(tmp_path, "kind", "price", framework_params={"trails": 3})
    with pytest.raises(ValueError, match="Invalid parameter 'trails'"):
        exec_module().run(given(dataset), config)


@pytest.mark.usefixtures("amlb")
def test_the_tasks_limits_reach_the_engine(tmp_path):
    _, config = task(tmp_path, "kind", "price", max_runtime_seconds=77, cores=3, framework_params={"folds": 4})
    params = exec_module()._estimator(config, classify=True).get_params()
    assert (params["time_limit"], params["n_jobs"], params["memory_limit"]) == (77, 3, "4096MiB")
    assert (params["metric"], params["folds"]) == ("roc_auc", 4)
    assert params["random_state"] == 3_000_000_000 - 2**31


@pytest.mark.usefixtures("amlb")
def test_classes_that_the_task_spells_in_another_way_are_not_added():
    with_every_class = exec_module()._with_every_class
    assert list(with_every_class([[0.4, 0.6]], [True, False], ["FALSE", "TRUE"])) == ["False", "True"]
    assert list(with_every_class([[0.4, 0.6]], ["b", "a"], None)) == ["a", "b"]


@pytest.mark.parametrize(
    ("arguments", "installs"),
    [(["local"], r"pip install --no-cache-dir -U /.*\[all\]"), (["v1", "https://x/y"], r"@ git\+https://x/y@v1")],
)
def test_the_setup_installs_the_engine_and_notes_its_version(tmp_path, arguments, installs):
    module = tmp_path / "checkout" / "benchmarks" / "amlb" / "automl_engine"
    shutil.copytree(USER_DIR / "automl_engine", module, ignore=shutil.ignore_patterns("__pycache__", "venv", ".setup"))
    (module / ".setup").mkdir()
    (module / ".setup" / "setup_env").write_text(f"AMLB_ROOT={STANDIN}\nPY_EXEC_PATH=python3.11\n")
    done = subprocess.run(
        ["bash", str(module / "setup.sh"), *arguments], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    lines = done.stdout.splitlines()
    assert lines[0] == f"environment for {module}: true by python3.11"
    assert lines[1] == f"pip install --no-cache-dir -r {module}/requirements.txt"
    assert re.search(installs, lines[2])
    if len(arguments) == 1:
        assert lines[2].endswith(f"{tmp_path}/checkout[all]")
    assert (module / ".setup" / "installed").read_text() == "9.9.9\n"


@pytest.mark.usefixtures("amlb")
def test_the_definitions_name_a_module_that_can_be_set_up_and_run():
    yaml = pytest.importorskip("yaml")
    definitions = yaml.safe_load((USER_DIR / "frameworks.yaml").read_text())
    files = yaml.safe_load((USER_DIR / "config.yaml").read_text())["frameworks"]["definition_file"]
    assert "{user}/frameworks.yaml" in files
    for definition in definitions.values():
        own = definitions[definition["extends"]] | definition if "extends" in definition else definition
        module = importlib.import_module(own["module"])
        assert callable(module.setup)
        assert callable(module.run)
