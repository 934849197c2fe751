"""Members that were judged on rows held out are fitted again on all rows."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from automl.engine import load, run_fit
from automl.errors import TrialFailed
from automl.options import FitOptions, FitResult
from automl.plugin.registry import discover
from automl.refitting import Refitting
from automl.search.events import Refitted
from automl.search.inline import InlineExecutor
from automl.search.journal import read_records
from automl.search.log_target import LogScale, LogTargetFamily
from automl.search.records import SavedModel, TrialRecord
from tests.search.tiny import Diary, record

RNG = np.random.default_rng(0)
ROWS = 400
TABLE = pd.DataFrame({"x": RNG.normal(size=ROWS), "z": RNG.normal(size=ROWS), "day": np.arange(ROWS)})
TABLE["y"] = 10 * np.sin(2 * TABLE["x"]) + TABLE["z"] + RNG.normal(scale=0.3, size=ROWS)


def fit(folder: Path, diary: Diary | None = None, **options: Any) -> FitResult:
    settings: dict[str, Any] = {
        "families": ("lightgbm", "random_forest"), "trials": 3, "backend": "inline", "time": "day", "test_size": 0,
    }  # fmt: skip
    return run_fit(TABLE, FitOptions("y", output=folder / "run", **(settings | options)), observer=diary)


def folders(result: FitResult) -> set[str]:
    """The last parts of the folders of the model's members: `all`, or the number of a fold."""
    return {path.name for path in (result.model / "members").glob("*/*")}


def test_the_newest_rows_are_learned_from_in_the_end(tmp_path: Path) -> None:
    diary = Diary()
    result = fit(tmp_path / "again", diary)
    assert folders(result) == {"all"}
    [event] = [event for event in diary.events if isinstance(event, Refitted)]
    assert set(event.trials) == {member["number"] for member in result.members}
    plain = fit(tmp_path / "plain", without=("refit",))
    assert "all" not in folders(plain)
    assert plain.cv_score == result.cv_score
    newest = TABLE.tail(60)
    errors = [np.abs(load(one.run).predict(newest) - newest["y"]).mean() for one in (result, plain)]
    assert errors[0] < errors[1]


def test_folds_that_have_seen_every_row_between_them_are_kept(tmp_path: Path) -> None:
    diary = Diary()
    result = fit(tmp_path, diary, time=None, families=("lightgbm",), folds=3)
    assert folders(result) == {"0", "1", "2"}
    assert not [event for event in diary.events if isinstance(event, Refitted)]


def test_no_time_is_kept_where_no_family_can() -> None:
    families = discover().families
    scale = LogScale(1.0, 2.0)
    for name, able in (("lightgbm", True), ("random_forest", True), ("linear", False), ("cnn", False)):
        assert families[name].builds_again == LogTargetFamily(families[name], scale).builds_again == able


def test_the_journal_keeps_what_was_judged(tmp_path: Path) -> None:
    result = fit(tmp_path)
    kept = {model.fold for one in read_records(result.run) for model in one.models}
    assert kept == {4}


def judged(number: int, seconds: float = 1.0, **fields: Any) -> TrialRecord:
    models = (SavedModel(f"trials/{number:05d}/0", "encoders/a-0.npz", 0),)
    return record("a", number=number, seconds=seconds, models=models, **fields)


class Scripted(InlineExecutor):
    """Answers each call at once by what the number of its trial stands for."""

    def __init__(self, answers: dict[int, Any]) -> None:
        self.answers, self.asked = answers, []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.asked.append(args[1].trial.number)
        answer = self.answers[self.asked[-1]]
        if isinstance(answer, Exception):
            future.set_exception(answer)
        elif answer != "never":
            future.set_result(answer)
        return future

    def kill(self, future: Future[Any], reason: str) -> None:
        self.asked.append(reason)

    def processes(self) -> dict[int, Any]:
        return {}


def refitted(executor: Scripted, *records: TrialRecord, diary: Diary | None = None, **fields: Any) -> dict[int, Any]:
    """Return which of the trials are fitted again, and to what."""
    refitting = Refitting(executor, 2, Path("context"), diary or Diary(), **fields)
    return refitting._fit(list(records))


NEW = SavedModel("trials/00001/all", "encoders/a-all.npz", -1)


def test_a_fit_that_fails_or_that_its_family_cannot_do_leaves_the_model_as_it_was() -> None:
    diary = Diary()
    executor = Scripted({1: NEW, 2: None, 3: TrialFailed("out of time")})
    assert refitted(executor, judged(1), judged(2), judged(3), diary=diary) == {1: NEW}
    assert diary.errors == ["a: trial 3 on all rows: out of time"]


def test_what_would_take_longer_than_there_is_time_is_not_begun() -> None:
    executor = Scripted({1: NEW, 3: NEW})
    records = [judged(1), judged(2, seconds=100.0), judged(3)]
    assert refitted(executor, *records, until=time.monotonic() + 10).keys() == {1, 3}
    assert executor.asked == [1, 3]


def test_a_fit_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    executor = Scripted({1: "never"})
    now = iter(np.arange(0.0, 100.0, 0.4))
    monkeypatch.setattr("automl.refitting.time", SimpleNamespace(monotonic=lambda: float(next(now))))
    monkeypatch.setattr("automl.refitting.wait", lambda *_, **__: None)
    assert refitted(executor, judged(1), until=3.0) == {}
    assert executor.asked == [1, "the time to fit on all rows is over"]


def test_memory_lets_one_wait_for_the_other() -> None:
    executor = Scripted({1: "never", 2: NEW})
    refitting = Refitting(executor, 2, Path("context"), Diary(), memory=1)
    assert refitting._next([judged(2, memory=10)], {}) is not None  # alone, it must be let in
    assert refitting._next([judged(2, memory=10)], {Future(): judged(1, memory=10)}) is None
