"""Runs beside families that do what no family should: they end in time, with the healthy families' ensemble."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from automl.cli.main import run
from automl.engine import run_fit
from automl.leaderboard import read_leaderboard
from automl.options import FitOptions
from automl.plugin.registry import collect
from tests.conftest import mixed_frame

PLUGIN = Path(__file__).parent / "misbehaving"
HEALTHY = {"linear", "decision_tree"}
QUICK = {
    "segfault": "SIGSEGV",
    "leave": "exited with code 3",
    "complain": "no such luck",
    "nan": "not finite",
    "wrong_shape": "have shape",
    "unsummed": "do not sum to one",
    "no_array": "family is at fault",
}


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("table") / "people.csv"
    mixed_frame(200).drop(columns="value").to_csv(path, index=False)
    return path


@pytest.fixture
def families(monkeypatch):
    """The families of the misbehaving distribution, found through its entry point."""
    from importlib.metadata import distributions

    monkeypatch.syspath_prepend(PLUGIN)
    (distribution,) = [d for d in distributions(path=[str(PLUGIN)]) if d.metadata["Name"] == "misbehaving"]
    entries = [entry for entry in distribution.entry_points if entry.name == "misbehaving"]
    return collect(entries).families


def test_whatever_a_family_does_at_once_fails_its_trials_and_no_others(tmp_path, families):
    extra = tuple(families[name] for name in QUICK)
    names = (*sorted(HEALTHY), *QUICK)
    options = FitOptions(
        "label", output=tmp_path / "run", trials=13, families=names, extra_families=extra, drop=("value",), jobs=2
    )
    result = run_fit(mixed_frame(200), options)
    assert {member["family"] for member in result.members} <= HEALTHY
    failed = {row["family"]: row for row in read_leaderboard(result.run) if row["state"] == "failed"}
    assert failed.keys() == QUICK.keys()
    for name, reason in QUICK.items():
        assert reason in failed[name]["reason"]


def test_all_together_the_run_ends_in_time_with_the_healthy_families(table, tmp_path):
    names = ",".join([*sorted(HEALTHY), "hang", "spin", "leak", *QUICK])
    path = os.pathsep.join([str(PLUGIN), *sys.path])
    command = [
        sys.executable, "-c", "from automl.cli import main; main()", "fit", str(table), "--target", "label",
        "--jobs", "2", "--time-limit", "30", "--families", names, "--memory-limit", "2GiB",
        "-o", str(tmp_path / "run"), "--json",
    ]  # fmt: skip
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert {member["family"] for member in result["members"]} <= HEALTHY
    failed = [row for row in read_leaderboard(tmp_path / "run") if row["state"] == "failed"]
    assert {row["family"] for row in failed} >= {"hang", "spin", "leak"}
    assert any("memory" in row["reason"] for row in failed if row["family"] == "leak")
    log = (tmp_path / "run" / "run.log").read_text()
    assert "misbehaving_import" in log
    assert run(["predict", str(tmp_path / "run"), str(table), "-o", str(tmp_path / "out.csv")]) == 0
