"""Faults of the machine: a full disk, a folder that cannot be written, a clock that jumps."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from automl import finishing
from automl.cli.main import run
from automl.engine import load, resume_fit, run_fit
from automl.errors import OptionError, RunError
from automl.options import FitOptions
from automl.search.journal import Journal, read_records
from tests.conftest import mixed_frame

FAMILIES = ("naive_bayes", "decision_tree")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    mixed_frame(200).drop(columns="value").to_csv(path, index=False)
    return path


def options(folder: Path, trials: int = 6) -> FitOptions:
    return FitOptions("label", output=folder, trials=trials, families=FAMILIES, backend="inline")


def no_space() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_where_the_disk_is_full_what_there_is_becomes_a_model_and_the_run_can_go_on(table, tmp_path, monkeypatch):
    append = Journal.append

    def until_full(self, record, predictions):
        if record.number == 4:
            raise no_space()
        append(self, record, predictions)

    monkeypatch.setattr(Journal, "append", until_full)
    result = run_fit(table, options(tmp_path / "run"))
    assert result.trials == 4
    assert load(result.run).members
    assert "No space left" in (result.run / "run.log").read_text()
    monkeypatch.undo()
    assert resume_fit(result.run).trials == 6


def test_a_model_that_finds_no_room_takes_that_of_models_which_it_does_not_use(table, tmp_path, monkeypatch):
    save, failures = finishing.save_artifact, [no_space()]

    def once_full(*args, **kwargs):
        if failures:
            raise failures.pop()
        save(*args, **kwargs)

    monkeypatch.setattr(finishing, "save_artifact", once_full)
    result = run_fit(table, options(tmp_path / "run"))
    used = {member["number"] for member in result.members}
    kept = {int(path.parent.name) for path in (result.run / "trials").glob("*/*/")}
    assert kept == used
    assert load(result.run).members
    assert resume_fit(result.run, "+5").trials >= 6  # what lost its models is not chosen again


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A file system of four megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small disk cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_stays_full_is_one_clear_sentence_and_the_run_can_go_on(table, tmp_path, monkeypatch):
    def full(*_args: object, **_kwargs: object) -> None:
        raise no_space()

    monkeypatch.setattr(finishing, "save_artifact", full)
    with pytest.raises(RunError, match=r"No space left on device.*automl fit --resume"):
        run_fit(table, options(tmp_path / "run"))
    monkeypatch.undo()
    assert load(resume_fit(tmp_path / "run").run).members


def test_a_disk_that_fills_up_ends_the_search_and_not_the_run(small_disk, tmp_path):
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * 2_800_000)
    path = tmp_path / "people.csv"
    mixed_frame(2000).drop(columns="value").to_csv(path, index=False)  # predictions of 16 kB a trial
    folder = ["-o", str(small_disk / "run"), "--quiet", "--jobs", "1"]
    names = ["--families", "decision_tree,naive_bayes"]
    assert run(["fit", str(path), "--target", "label", "--trials", "30", *names, *folder]) == 0
    done = read_records(small_disk / "run")
    assert 0 < len(done) < 30
    assert load(small_disk / "run").predict(mixed_frame(5)).shape == (5,)
    filler.unlink()
    assert run(["fit", "--resume", str(small_disk / "run"), "--quiet"]) == 0
    assert read_records(small_disk / "run")[: len(done)] == done


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_read(table, monkeypatch, tmp_path, capsys):
    def read_only(*_args: object, **_kwargs: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr("automl.engine.make_plan", lambda *args: pytest.fail("the table was read"))
    monkeypatch.setattr(Path, "mkdir", read_only)
    assert run(["fit", str(table), "--target", "label", "-o", str(tmp_path / "new")]) == 2
    error = capsys.readouterr().err
    assert "Read-only file system" in error
    assert len(error.splitlines()) == 1
    monkeypatch.undo()
    monkeypatch.setattr("automl.engine.make_plan", lambda *args: pytest.fail("the table was read"))
    (tmp_path / "old").mkdir()
    monkeypatch.setattr("filelock.FileLock.acquire", read_only)
    assert run(["fit", str(table), "--target", "label", "-o", str(tmp_path / "old")]) == 2
    assert "Read-only file system" in capsys.readouterr().err


def test_a_clock_that_jumps_changes_nothing(table, tmp_path, monkeypatch):
    now, jump = time.time, iter(range(10**9))

    def jumping() -> float:
        return now() + (86_400 if next(jump) % 2 else -86_400)

    monkeypatch.setattr("time.time", jumping)
    limited = FitOptions("label", output=tmp_path / "run", time_limit=6, families=FAMILIES, backend="inline")
    result = run_fit(table, limited)
    assert result.trials > 2
    assert 0 < result.seconds < 60
    assert all(0 <= record.elapsed < 60 for record in read_records(result.run))
    with pytest.raises(OptionError, match="has used its time limit"):
        resume_fit(result.run, "1")
