"""Runs that were stopped go on: nothing finished is lost, nothing is run twice."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from automl.cli.main import run
from automl.engine import load, resume_fit, run_fit
from automl.errors import OptionError, RunError
from automl.leaderboard import read_leaderboard
from automl.options import FitOptions
from automl.runfolder import held, mend_journals
from automl.search.journal import read_records
from tests.conftest import mixed_frame

COMMAND = [sys.executable, "-c", "from automl.cli import main; main()"]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    mixed_frame(200).drop(columns="value").to_csv(path, index=False)
    return path


def start(table: Path, folder: Path, *options: str) -> subprocess.Popen[bytes]:
    command = [*COMMAND, "fit", str(table), "--target", "label", "-o", str(folder), "--quiet", "--jobs", "1", *options]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def wait_for_trials(folder: Path, count: int) -> None:
    patience = time.monotonic() + 60
    while len(read_records(folder)) < count:
        assert time.monotonic() < patience
        time.sleep(0.05)


def test_a_killed_run_goes_on_where_it_was(table, tmp_path, capsys):
    folder = tmp_path / "run"
    process = start(table, folder, "--trials", "30", "--families", "linear,decision_tree,lightgbm")
    wait_for_trials(folder, 6)
    process.kill()
    process.wait()
    before = read_records(folder)
    with (folder / "journal.jsonl").open("a") as file:  # as a crash in the middle of a line leaves it
        file.write('{"number": 99, "fam')
    assert run(["fit", "--resume", str(folder), "--quiet", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    after = read_records(folder)
    assert after[: len(before)] == before
    assert result["trials"] == len(after) == 30
    tried = [(r.family, json.dumps(dict(r.params), sort_keys=True)) for r in after]
    assert len(set(tried)) == len(tried)
    assert load(folder).predict(mixed_frame(5)).shape == (5,)


def test_an_interrupt_keeps_what_there_is_and_the_run_can_go_on(table, tmp_path):
    folder = tmp_path / "run"
    process = start(table, folder, "--time-limit", "120")
    wait_for_trials(folder, 3)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    trials = len(read_leaderboard(folder))
    assert load(folder).members
    result = resume_fit(folder, "+6")
    assert result.trials > trials


def test_a_finished_run_takes_more_time_but_only_when_told(table, tmp_path):
    folder = tmp_path / "run"
    options = FitOptions("label", output=folder, time_limit=5, families=("linear", "decision_tree"), jobs=1)
    first = run_fit(table, options)
    with pytest.raises(OptionError, match="has used its time limit"):
        resume_fit(folder, "1")
    with pytest.raises(OptionError, match="must be seconds"):
        resume_fit(folder, "+soon")
    assert resume_fit(folder, "+5").trials > first.trials


def test_a_changed_table_is_not_the_same_run(table, tmp_path):
    folder = tmp_path / "run"
    run_fit(table, FitOptions("label", output=folder, trials=2, families=("linear",), backend="inline"))
    mixed_frame(150).drop(columns="value").to_csv(table, index=False)
    with pytest.raises(RunError, match="not the table that the run began with"):
        resume_fit(folder, "+5")


def test_what_cannot_be_resumed_says_so(tmp_path):
    with pytest.raises(RunError, match="holds no run"):
        resume_fit(tmp_path)
    folder = tmp_path / "run"
    run_fit(mixed_frame(), FitOptions("label", output=folder, trials=1, families=("linear",), backend="inline"))
    with pytest.raises(RunError, match="data frame"):
        resume_fit(folder, "+5")


def test_a_folder_is_held_by_one_process(tmp_path):
    with held(tmp_path):
        script = (
            f"from automl.runfolder import held\nfrom pathlib import Path\nwith held(Path({str(tmp_path)!r})): pass"
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "in use by another process" in done.stderr
    with held(tmp_path):
        pass


def test_a_run_that_fails_before_it_begins_leaves_no_folder(table, tmp_path):
    folder = tmp_path / "run"
    with pytest.raises(OptionError):
        run_fit(table, FitOptions("lable", output=folder, trials=1, backend="inline"))
    assert not folder.exists()


def test_torn_journals_are_mended(tmp_path):
    for name in ("journal.jsonl", "optuna.journal"):
        (tmp_path / name).write_bytes(b'{"a": 1}\n{"b": 2')
    mend_journals(tmp_path)
    assert (tmp_path / "journal.jsonl").read_bytes() == (tmp_path / "optuna.journal").read_bytes() == b'{"a": 1}\n'


def test_locks_that_a_crash_left_are_removed(tmp_path):
    (tmp_path / "optuna.journal.lock").symlink_to(tmp_path / "optuna.journal")
    mend_journals(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_run_that_was_killed_before_it_began_gives_its_folder_back(table, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    for name in ("lock", "run.log", "workers.log", "options.json.partial"):
        (folder / name).touch()
    options = FitOptions("label", output=folder, trials=2, families=("linear",), backend="inline")
    assert run_fit(table, options).trials == 2


def test_a_run_killed_between_search_and_model_gets_its_model_though_its_time_is_used_up(table, tmp_path):
    folder = tmp_path / "run"
    options = FitOptions("label", output=folder, time_limit=8, families=("linear", "decision_tree"), jobs=1)
    run_fit(table, options)
    lines = (folder / "journal.jsonl").read_text().splitlines(keepends=True)
    last = {**json.loads(lines[-1]), "elapsed": 8.0}  # the last trial ended with the time
    (folder / "journal.jsonl").write_text("".join(lines[:-1]) + json.dumps(last) + "\n")
    (folder / "result.json").unlink()
    shutil.rmtree(folder / "model")
    assert resume_fit(folder).trials >= len(lines)
    assert load(folder).members


def test_predictions_that_cannot_be_read_back_do_not_stop_a_resumed_run(table, tmp_path):
    folder = tmp_path / "run"
    options = FitOptions("label", output=folder, trials=4, families=("linear", "decision_tree"), backend="inline")
    run_fit(table, options)
    (folder / "trials/00001/predictions.npy").write_bytes(b"torn")
    result = resume_fit(folder, "+2")
    assert result.trials == 4
    assert 1 not in [member["number"] for member in result.members]


def test_workers_end_with_a_killed_coordinator(table, tmp_path):
    process = start(table, tmp_path / "run", "--time-limit", "60")
    wait_for_trials(tmp_path / "run", 1)
    children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=True)
    process.kill()
    process.wait()
    patience = time.monotonic() + 30
    for child in map(int, children.stdout.split()):
        while _alive(child):
            assert time.monotonic() < patience
            time.sleep(0.1)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
