"""Models that answer in time: what is left out is decided by what is measured on the saved model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from automl import latency_limit
from automl.engine import load, run_fit
from automl.errors import OptionError, PluginError
from automl.manifest import read_manifest
from automl.options import FitOptions, FitResult
from automl.runlog import read_log
from tests.conftest import mixed_frame

FAMILIES = ("linear", "lightgbm", "knn")


def fit(folder: Path, **options: Any) -> FitResult:
    settings: dict[str, Any] = {
        "output": folder / "run", "trials": 7, "families": FAMILIES, "backend": "inline", "drop": ("value",),
    }  # fmt: skip
    return run_fit(mixed_frame(200), FitOptions("label", **{**settings, **options}))


@pytest.fixture
def clock(monkeypatch):
    """Let a row take a millisecond, and one more for each model."""

    def seconds(fitted: Any, *_: object) -> float:
        return 1e-3 * (1 + sum(len(member.models) for member in fitted.members))

    def alone(fitted: Any, *_: object) -> dict[int, float]:
        return {member.number: 1e-3 * len(member.models) for member in fitted.members}

    monkeypatch.setattr(latency_limit, "row_seconds", seconds)
    monkeypatch.setattr(latency_limit, "member_seconds", alone)


def n_models(result: FitResult) -> int:
    return sum(len(member.models) for member in load(result.run).members)


def test_latency_and_size_are_told_and_kept(tmp_path):
    result = fit(tmp_path)
    assert 0 < result.latency < 10
    manifest = read_manifest(result.model)
    assert (manifest["latency"], manifest["size"]) == (result.latency, result.size)
    on_disk = sum(path.stat().st_size for path in result.model.rglob("*") if path.is_file())
    assert result.size == pytest.approx(on_disk, rel=0.05)  # the manifest grows a little after
    assert json.loads((result.run / "result.json").read_text())["latency"] == result.latency


def test_a_limit_is_held_by_leaving_out_as_little_as_it_takes(tmp_path, clock):
    whole = fit(tmp_path / "whole")
    assert n_models(whole) >= 8
    result = fit(tmp_path / "limited", latency_limit=6.0)
    assert result.latency <= 6e-3
    assert 1 <= n_models(result) <= 5
    assert n_models(result) == sum(member["models"] for member in result.members)
    assert sum(member["weight"] for member in result.members) == pytest.approx(1)
    (event,) = [line for line in read_log(result.run) if line["event"] == "slimmed"]
    assert event["before"] == pytest.approx(whole.latency)
    assert event["after"] == pytest.approx(result.latency)
    assert event["members"] == len(result.members)


def test_a_limit_that_is_held_changes_nothing(tmp_path, clock):
    plain, limited = fit(tmp_path / "plain"), fit(tmp_path / "limited", latency_limit=1000)
    assert plain.members == limited.members
    assert not [line for line in read_log(limited.run) if line["event"] == "slimmed"]


def test_an_impossible_limit_gives_the_fastest_model_and_a_note(tmp_path, clock):
    result = fit(tmp_path, latency_limit=0.5)
    assert result.latency == pytest.approx(2e-3)
    assert n_models(result) == 1
    notes = [line["text"] for line in read_log(result.run) if line["event"] == "note"]
    assert any("No model predicts a row within 0.5 ms" in note for note in notes)
    assert np.isfinite(load(result.run).predict_proba(mixed_frame(5))).all()


def test_a_trial_outside_the_ensemble_may_be_the_only_one_fast_enough(tmp_path, monkeypatch):
    def seconds(fitted: Any, *_: object) -> float:
        return 1e-3 if [member.family for member in fitted.members] == ["linear"] else 50e-3

    monkeypatch.setattr(latency_limit, "row_seconds", seconds)
    result = fit(tmp_path, latency_limit=2.0)
    assert [member["family"] for member in result.members] == ["linear"]
    assert result.latency == 1e-3


def test_by_default_little_is_given_up_for_speed_and_with_trials_nothing(tmp_path, clock, monkeypatch):
    monkeypatch.setattr(latency_limit, "LITTLE", 0.0)
    monkeypatch.setattr("automl.finishing.DEFAULT_LATENCY", 1e-6)
    trials = fit(tmp_path / "trials")
    assert not [line for line in read_log(trials.run) if line["event"] == "slimmed"]
    timed = fit(tmp_path / "timed", trials=None, time_limit=8, families=("linear", "lightgbm"))
    (event,) = [line for line in read_log(timed.run) if line["event"] == "slimmed"]
    assert event["after"] > 1e-6  # nothing that costs anything was left out


def test_fast_keeps_one_model_or_as_few_as_hold_the_bound(tmp_path):
    plain, fast = fit(tmp_path / "plain"), fit(tmp_path / "fast", fast=True)
    assert all(member["models"] == 1 for member in fast.members)
    assert len(fast.members) <= len(plain.members)
    assert n_models(fast) == len(fast.members)
    assert fast.cv_score >= plain.cv_score * 0.98
    notes = [line["text"] for line in read_log(fast.run) if line["event"] == "note"]
    assert any("takes the ensemble's place" in note or "No single model" in note for note in notes)
    assert fast.size < plain.size


def test_a_model_that_cannot_be_timed_is_saved_all_the_same(tmp_path, monkeypatch):
    def broken(*_: object) -> float:
        raise PluginError("not today")

    monkeypatch.setattr(latency_limit, "row_seconds", broken)
    result = fit(tmp_path, latency_limit=1.0)
    assert result.latency is None
    assert result.test_score > 0.5


def test_a_limit_of_nothing_is_refused():
    with pytest.raises(OptionError, match=r"latency limit must be at least 0\.1 milliseconds"):
        FitOptions("label", latency_limit=0)
