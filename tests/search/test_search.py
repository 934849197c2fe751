"""The search loop: what is killed, what is recorded, and that the run goes on."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from automl.engine import run_fit
from automl.leaderboard import read_leaderboard
from automl.memory import own_bytes
from automl.options import FitOptions, FitResult
from automl.plugin import Encoding, Features, Limits, Model, ModelFamily, Part, Profile
from automl.search.journal import read_records
from tests.conftest import mixed_frame


class Strange(Model):
    """Does one strange thing when it is fitted or asked."""

    def __init__(self, deed: str) -> None:
        self.deed = deed

    def fit(self, train: Part, score: Part | None, limits: Limits) -> None:
        if self.deed == "sleeps":
            time.sleep(600)
        if self.deed == "hoards":
            self.hoard = []
            for _ in range(400):
                self.hoard.append(np.ones(2**23))
                time.sleep(0.02)

    def predict(self, features: Features) -> Any:
        rows = features.n_rows
        return {
            "wrong shape": np.full((rows, 5), 0.2),
            "not finite": np.full((rows, 2), np.nan),
            "no probabilities": np.full((rows, 2), 0.9),
        }.get(self.deed, np.full((rows, 2), 0.5))

    def save(self, folder: Path) -> None:
        (folder / "nothing").touch()


class StrangeFamily(ModelFamily):
    def __init__(self, deed: str) -> None:
        self.name: ClassVar[str] = "strange"
        self.deed = deed

    def portfolio(self, task, profile: Profile):
        return [{"x": 1}]

    def suggest(self, trial, task, profile):
        return {"x": trial.suggest_int("x", 1, 9)}

    def encoding(self, params, task) -> Encoding:
        return Encoding()

    def build(self, params, task, seed) -> Model:
        return Strange(self.deed)

    def load(self, folder: Path) -> Model:
        return Strange(self.deed)


def fit(tmp_path: Path, deed: str, **options: Any) -> FitResult:
    settings: dict[str, Any] = {
        "output": tmp_path / "run",
        "families": ("linear", "strange"),
        "extra_families": (StrangeFamily(deed),),
        "drop": ("value",),
    }
    return run_fit(mixed_frame(200), FitOptions("label", **{**settings, **options}))


def test_a_family_that_ignores_its_deadline_is_killed_in_time(tmp_path):
    result = fit(tmp_path, "sleeps", time_limit=20, jobs=2)
    assert {member["family"] for member in result.members} == {"linear"}
    failed = [row for row in read_leaderboard(result.run) if row["family"] == "strange"]
    assert 0 < len(failed) <= 2  # the second time it is closed
    assert all("overran its time" in row["reason"] or "time limit" in row["reason"] for row in failed)


def test_a_family_that_eats_memory_is_killed_and_the_coordinator_is_not(tmp_path):
    limit = own_bytes() / 2**30 + 1.2  # this process may hold much already
    result = fit(tmp_path, "hoards", trials=4, jobs=1, memory_limit=f"{limit:.2f}GiB")
    failed = [row for row in read_leaderboard(result.run) if row["family"] == "strange"]
    assert failed
    assert all("killed for its memory" in row["reason"] for row in failed)
    assert all(record.memory > 2**28 for record in read_records(result.run) if record.family == "strange")


def test_the_study_is_told_the_worst_error_for_what_failed(tmp_path):
    import optuna
    from optuna.storages.journal import JournalFileBackend

    result = fit(tmp_path, "wrong shape", trials=6, backend="inline")
    worst = max(row["score"] for row in read_leaderboard(result.run) if row["score"] is not None)
    storage = optuna.storages.JournalStorage(JournalFileBackend(str(result.run / "optuna.journal")))
    trials = optuna.load_study(study_name="strange", storage=storage).get_trials()
    assert trials
    assert all(trial.value is not None and trial.value > 1 - worst - 1e-9 for trial in trials)


@pytest.mark.parametrize("deed", ["wrong shape", "not finite", "no probabilities"])
def test_predictions_that_break_the_contract_fail_the_trial(tmp_path, deed):
    result = fit(tmp_path, deed, trials=4, backend="inline")
    failed = [row for row in read_leaderboard(result.run) if row["family"] == "strange"]
    assert {row["state"] for row in failed} == {"failed"}
    assert {member["family"] for member in result.members} == {"linear"}


@pytest.mark.parametrize("sampler", ["random", "grid", "tpe"])
def test_samplers_propose_different_configurations(tmp_path, sampler):
    result = fit(tmp_path, "nothing strange", trials=8, sampler=sampler, families=("decision_tree",), backend="inline")
    params = [json.dumps(row["params"], sort_keys=True) for row in read_leaderboard(result.run)]
    assert len(set(params)) == len(params)


def test_hopeless_trials_stop_early(tmp_path):
    result = fit(tmp_path, "nothing strange", trials=8, backend="inline")
    rows = [row for row in read_leaderboard(result.run) if row["family"] == "strange"]
    states = [row["state"] for row in sorted(rows, key=lambda row: row["trial"])]
    assert states[0] == "complete"  # the first of a family is always finished
    assert states[-1] == "stopped"


def test_the_optuna_storage_can_be_opened(tmp_path):
    import optuna
    from optuna.storages.journal import JournalFileBackend

    result = fit(tmp_path, "nothing strange", trials=4, backend="inline")
    storage = optuna.storages.JournalStorage(JournalFileBackend(str(result.run / "optuna.journal")))
    studies = {study.study_name: study for study in optuna.get_all_study_summaries(storage)}
    assert set(studies) == {"linear", "strange"}


def test_models_that_no_ensemble_can_choose_are_deleted(tmp_path, monkeypatch):
    monkeypatch.setattr("automl.search.shortlist.CANDIDATES", 2)
    monkeypatch.setattr("automl.search.shortlist.PER_FAMILY", 1)
    result = fit(tmp_path, "nothing strange", trials=8, families=("decision_tree",), backend="inline")
    kept = {path.parent.name for path in (result.run / "trials").glob("*/all")}
    assert len(kept) == 2
    assert len(list((result.run / "trials").glob("*/predictions.npy"))) > 2
