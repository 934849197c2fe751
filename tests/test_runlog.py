"""The run's log: every decision with its facts, and readable."""

from __future__ import annotations

import dataclasses
import errno
import json
import re
from pathlib import Path

import pytest

from automl.cli.main import run
from automl.engine import run_fit
from automl.errors import FamilyDeclined, RunError
from automl.options import FitOptions
from automl.plugin import SklearnFamily
from automl.runlog import RunLog, as_text, read_log
from automl.search.events import EVENTS, Chosen, Killed
from tests.conftest import ROOT, mixed_frame


class Broken(SklearnFamily):
    name = "broken"

    def portfolio(self, task, profile):
        return [{"x": 1}]

    def suggest(self, trial, task, profile):
        return {"x": trial.suggest_int("x", 1, 50)}

    def estimator(self, params, task, seed, threads):
        raise RuntimeError("no such luck")


class Choosy(Broken):
    name = "choosy"

    def accepts(self, task, profile):
        raise FamilyDeclined("it wants a sequence column")


@pytest.fixture(scope="module")
def logged(tmp_path_factory) -> Path:
    options = FitOptions(
        "label",
        output=tmp_path_factory.mktemp("log") / "run",
        trials=10,
        families=("linear", "decision_tree", "broken", "choosy"),
        extra_families=(Broken(), Choosy()),
        drop=("value",),
        backend="inline",
    )
    return run_fit(mixed_frame(), options).run


def lines(run: Path, event: str) -> list[dict]:
    return [line for line in read_log(run) if line["event"] == event]


def test_every_trial_is_chosen_started_and_ended_in_this_order(logged):
    assert [line["number"] for line in lines(logged, "trial")] == list(range(10))
    for number in range(10):
        story = [line["event"] for line in read_log(logged) if line.get("number") == number]
        assert story == ["chosen", "started", "trial"]


def test_the_choice_of_a_family_comes_with_its_reason(logged):
    chosen = lines(logged, "chosen")
    assert {line["why"] for line in chosen[:3]} == {"first"}
    drawn = [line for line in chosen if line["why"] == "odds"]
    assert drawn
    assert all(sum(line["odds"].values()) == pytest.approx(1, abs=1e-4) for line in drawn)
    assert all(line["need"] > 0 and line["cost"] > 0 and line["params"] for line in chosen)


def test_families_that_decline_and_families_that_fail_are_told_with_their_reasons(logged):
    assert lines(logged, "declined") == [
        {**lines(logged, "declined")[0], "family": "choosy", "reason": "it wants a sequence column"}
    ]
    (closed,) = lines(logged, "closed")
    assert closed["family"] == "broken"
    assert "no such luck" in closed["reason"]
    assert all("estimator" in line["traceback"] for line in lines(logged, "raised"))
    assert lines(logged, "raised")


def test_budget_and_ensemble_are_told(logged):
    (budget,), (selected,) = lines(logged, "budget"), lines(logged, "selected")
    assert 0 < budget["memory"] <= budget["available"]
    assert budget["seconds"] is None
    assert sum(member["weight"] for member in selected["members"]) == pytest.approx(1, abs=1e-4)
    assert {member["family"] for member in selected["members"]} <= {"linear", "decision_tree"}
    result = json.loads((logged / "result.json").read_text())
    assert selected["score"] == pytest.approx(result["cv_score"], rel=1e-4)


def test_every_event_says_what_its_fields_mean():
    for event in EVENTS:
        fields = {field.name for field in dataclasses.fields(event)} - {"number", "family", "reason", "params"}
        missing = {name for name in fields if f"`{name}`" not in (event.__doc__ or "")}
        assert not missing - {"origin"}, f"{event.name}: {missing}"
    assert len({event.name for event in EVENTS}) == len(EVENTS)


def test_the_page_on_runs_lists_every_event():
    page = (ROOT / "docs" / "runs.md").read_text(encoding="utf-8")
    names = {event.name for event in EVENTS} | {"phase", "note", "trial", "raised"}
    assert set(re.findall(r"^\| `(\w+)` \| ", page.partition("## The log")[2], re.MULTILINE)) == names


def test_the_log_is_readable(logged, capsys):
    assert run(["log", str(logged)]) == 0
    text = capsys.readouterr().out
    assert "choosy" in text
    assert "GiB" in text
    assert run(["log", str(logged), "--only", "closed", "--family", "broken"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert run(["log", str(logged / "model")]) == 2


def test_lines_are_written_for_people():
    line = {"elapsed": 3.25, "event": "chosen", "number": 4, "odds": {"a": 0.25}, "need": 2**30, "reason": ""}
    assert as_text(line).split() == ["3.2", "s", "chosen", "number=4", "odds=(a=0.25)", "need=1.0", "GiB"]
    assert "raise" in as_text({"event": "raised", "where": "x", "traceback": "a\nraise b"})


def test_a_torn_line_is_left_out_and_a_missing_log_is_told(tmp_path):
    log = RunLog(tmp_path / "run.log")
    log.event(Killed(1, "svm", "overran its time", 2.0))
    with (tmp_path / "run.log").open("a") as file:
        file.write('{"event": "chos')
    assert [line["reason"] for line in read_log(tmp_path)] == ["overran its time"]
    with pytest.raises(RunError, match="no run folder"):
        list(read_log(tmp_path / "elsewhere"))


def test_a_full_disk_silences_the_log_and_nothing_else(tmp_path, monkeypatch):
    log = RunLog(tmp_path / "run.log")

    def full(self: Path, *_args: object, **_kwargs: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "open", full)
    log.event(Chosen(1, "svm", {"C": 1.0}, "search", "odds", {"svm": 1.0}, 2.0, 3))
    monkeypatch.undo()
    assert not (tmp_path / "run.log").exists()


def test_a_clock_that_jumps_does_not_change_what_a_run_has_lasted(tmp_path, monkeypatch):
    jumps = iter(range(0, 10**9, 86_400))
    monkeypatch.setattr("time.time", lambda: 2e9 - next(jumps))
    log = RunLog(tmp_path / "run.log")
    for _ in range(3):
        log.note("tick")
    elapsed = [line["elapsed"] for line in read_log(tmp_path)]
    assert elapsed == sorted(elapsed)
    assert all(0 <= seconds < 60 for seconds in elapsed)
