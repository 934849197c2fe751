"""TabArena's adapter, on a stand-in for TabArena's base class."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from benchmarks.systems.automl_cli import find_executable

QUICK = ("--trials", "2", "--families", "linear,decision_tree")
MODULE = "benchmarks.tabarena.system"


class ExternalSystemModel:
    """What TabArena's class of this name does around `_fit_system`, as far as a system sees it."""

    def __init__(self, *, problem_type: str, metric: str, fit_kwargs: dict[str, Any] | None = None) -> None:
        self.problem_type, self.metric, self.budget = problem_type, metric, fit_kwargs or {}

    def fit(self, X: pd.DataFrame, y: pd.Series, group_on: Any = None) -> Any:
        limits = dict.fromkeys(("num_cpus", "num_gpus", "memory_limit", "time_limit")) | self.budget
        return self._fit_system(
            X.copy(), y, target_name="outcome", problem_type=self.problem_type, random_state=7,
            eval_metric=SimpleNamespace(name=self.metric), validation_metadata=SimpleNamespace(group_on=group_on),
            **limits,
        )  # fmt: skip


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    exec_models = ModuleType("tabarena.benchmark.exec_models")
    exec_models.ExternalSystemModel = ExternalSystemModel  # type: ignore[attr-defined]
    for name in ("tabarena", "tabarena.benchmark"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, exec_models.__name__, exec_models)
    sys.modules.pop(MODULE, None)
    monkeypatch.setenv("AUTOML_EXECUTABLE", find_executable())
    yield importlib.import_module(MODULE)
    sys.modules.pop(MODULE, None)


def table(n_rows: int = 90, seed: int = 0) -> tuple[pd.DataFrame, pd.Series]:
    rng = np.random.default_rng(seed)
    X = pd.DataFrame({"x": rng.normal(size=n_rows), "city": rng.choice(["Oslo", "Bergen"], n_rows)})
    X["ward"] = np.arange(n_rows) // 5
    X.index = np.arange(n_rows) * 3 + 1
    return X, X["x"] + (X["city"] == "Oslo")


def test_probabilities_carry_the_tasks_own_labels_and_rows(system):
    X, signal = table()
    y = pd.Series(signal > 0.5, index=X.index)
    model = system.AutoMLEngineSystem(problem_type="binary", metric="roc_auc", options=QUICK)
    assert model.fit(X, y) is model
    fresh, expected = table(40, seed=1)
    answer = model._predict_proba(fresh)
    assert list(answer.columns) == [False, True]
    assert answer.index.equals(fresh.index)
    np.testing.assert_allclose(answer.sum(axis=1), 1, atol=1e-6)
    assert roc_auc_score(expected > 0.5, answer[True]) > 0.8
    labels = model._predict(fresh)
    assert labels.index.equals(fresh.index)
    assert (labels == answer.idxmax(axis=1)).all()
    model.cleanup()
    assert not model._folder.exists()


def test_values_have_the_rows_index_and_groups_reach_the_folds(system):
    X, y = table()
    model = system.AutoMLEngineSystem(problem_type="regression", metric="rmse", options=QUICK)
    model.fit(X, y, group_on="ward")
    assert "grouped" in (model._folder / "run" / "run.log").read_text()
    fresh, expected = table(30, seed=1)
    answer = model._predict(fresh)
    assert answer.index.equals(fresh.index)
    assert np.sqrt(np.mean((answer - expected) ** 2)) < 0.8 * expected.std()
    model.cleanup()
    assert len(set(system._groups(X, SimpleNamespace(group_on=["ward", "city"])))) > len(set(X["ward"]))


def test_the_limits_reach_the_engine_and_what_fails_is_told(system, tmp_path, monkeypatch):
    X, y = table()
    fake = tmp_path / "automl"
    fake.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/words\necho "no such luck" >&2\nexit 2\n')
    fake.chmod(0o755)
    monkeypatch.setenv(system.EXECUTABLE, str(fake))
    budget = {"num_cpus": 3, "memory_limit": 12.5, "time_limit": 240.0}
    wanted = {"problem_type": "regression", "fit_kwargs": budget, "options": ["--folds", "4"]}
    with pytest.raises(RuntimeError, match=r"automl fit ended with 2: no such luck"):
        system.AutoMLEngineSystem(metric="root_mean_squared_error", **wanted).fit(X, y)
    words = (tmp_path / "words").read_text()
    assert "--target outcome --task regression --metric rmse --test-size 0" in words
    assert "--time-limit 240.0 --jobs 3 --memory-limit 12.5GiB --seed 7 --folds 4" in words
    with pytest.raises(ValueError, match=r"no metric 'pinball_loss': known are accuracy"):
        system.AutoMLEngineSystem(metric="pinball_loss", **wanted).fit(X, y)


def test_without_tabarena_the_adapter_says_what_it_needs(monkeypatch):
    monkeypatch.setitem(sys.modules, "tabarena", None)
    sys.modules.pop(MODULE, None)
    with pytest.raises(ModuleNotFoundError, match=r"needs TabArena, .* see benchmarks/tabarena/README.md"):
        importlib.import_module(MODULE)
