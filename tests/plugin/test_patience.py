"""Calls of plugins in the coordinator end, one way or the other."""

from __future__ import annotations

import signal
import sys
import threading
import time

import pytest

from automl.engine import run_fit
from automl.errors import PluginError
from automl.leaderboard import read_leaderboard
from automl.options import FitOptions
from automl.plugin import SklearnFamily
from automl.plugin.patience import patience
from automl.search import clock
from tests.conftest import mixed_frame

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no interval timers")


def forever() -> None:
    while True:
        time.sleep(0.001)


def test_what_takes_too_long_is_given_up():
    with pytest.raises(PluginError, match=r"more than the 0\.1 s"), patience(0.1):
        forever()
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL


def test_what_is_in_time_goes_through_and_leaves_no_alarm():
    with patience(60), patience(30):
        answer = 42
    assert answer == 42
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_the_outer_limit_holds():
    with pytest.raises(PluginError, match=r"0\.1 s"), patience(0.1), patience(600):
        forever()


def test_outside_the_main_thread_there_is_no_limit():
    slept = []

    def call() -> None:
        with patience(0.01):
            time.sleep(0.05)
        slept.append(True)

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    assert slept == [True]


class Dreamer(SklearnFamily):
    """Never answers one of the questions that it is asked before any trial."""

    def __init__(self, where: str) -> None:
        self.name = f"dreams_in_{where}"  # type: ignore[misc]
        self.where = where

    def accepts(self, task, profile):
        if self.where == "accepts":
            forever()

    def portfolio(self, task, profile):
        if self.where == "portfolio":
            forever()
        return [{"x": 1}]

    def suggest(self, trial, task, profile):
        if self.where == "suggest" and not type(trial).__name__.startswith("_"):  # by the study
            forever()
        return {"x": trial.suggest_int("x", 1, 50)}

    def cost(self, params, task, profile):
        if self.where == "cost":
            forever()
        return 1.0

    def estimator(self, params, task, seed, threads):
        raise RuntimeError("no such luck")


def test_families_that_never_answer_do_not_hold_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr(clock, "PATIENCE_MOST", 1.0)
    monkeypatch.setattr("automl.planning.ANSWER_SECONDS", 1.0)
    dreamers = tuple(Dreamer(where) for where in ("accepts", "portfolio", "suggest", "cost"))
    names = ("linear", *(dreamer.name for dreamer in dreamers))
    options = FitOptions(
        "label", output=tmp_path / "run", trials=6, families=names, extra_families=dreamers, drop=("value",),
        backend="inline",
    )  # fmt: skip
    result = run_fit(mixed_frame(), options)
    assert {member["family"] for member in result.members} == {"linear"}
    tried = {row["family"] for row in read_leaderboard(result.run)}
    assert tried == {"linear", "dreams_in_cost"}  # which is tried without an estimate
    log = (result.run / "run.log").read_text()
    assert all(f"dreams_in_{where}" in log for where in ("accepts", "portfolio", "suggest"))
