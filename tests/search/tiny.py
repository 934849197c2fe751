"""A context without data to speak of, families of known cost, and an executor that does nothing by itself."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import numpy as np

from automl.data.dataset import Profile
from automl.data.folds import Fold, FoldPlan
from automl.data.prepare import DataOptions, prepare
from automl.metrics import default_metric
from automl.plugin import SklearnFamily
from automl.search.context import Context
from automl.search.footprints import Need
from automl.search.observer import Observer
from automl.search.pending import Pending
from automl.search.records import Trial, TrialRecord
from automl.search.workers import WorkerError
from tests.conftest import mixed_frame

N_FOLDS = 4


class Priced(SklearnFamily):
    """Says that a fit takes `seconds`, or raises where that is None."""

    def __init__(self, name: str, seconds: float | None, out_of_bag: bool = False) -> None:
        self.name, self.seconds, self.out_of_bag = name, seconds, out_of_bag  # type: ignore[misc]

    def portfolio(self, task, profile):
        return [{"x": 1}]

    def suggest(self, trial, task, profile):
        return {"x": trial.suggest_int("x", 1, 9)}

    def cost(self, params, task, profile):
        if self.seconds is None:
            raise RuntimeError("no idea")
        return self.seconds

    def estimator(self, params, task, seed, threads):
        raise NotImplementedError


def tiny_context(*families: Priced) -> Context:
    dataset = prepare(mixed_frame(40), DataOptions(target="label", drop=("value",))).dataset
    parts = np.array_split(np.arange(dataset.n_rows), N_FOLDS)
    folds = tuple(Fold(i, np.setdiff1d(np.arange(dataset.n_rows), part), part) for i, part in enumerate(parts))
    plan = FoldPlan(folds, dataset.n_rows, "stratified")
    metric = default_metric(dataset.task.kind)
    return Context(dataset, plan, metric, {f.name: f for f in families}, Profile.of(dataset), Path())


def record(family: str, state: Any = "complete", error: float | None = None, **fields: Any) -> TrialRecord:
    return TrialRecord(fields.pop("number", 0), family, {"x": 1}, 0, "search", state, error, **fields)


def waiting(number: int, jobs: int = 1, likely: int = 1, family: str = "a") -> Pending:
    """A trial that waits."""
    trial = Trial(number, family, {"x": number}, 0)
    asked: Any = None  # only studies read it
    return Pending(trial, asked, [(job,) for job in range(jobs)], 1.0, Need(likely, likely))


class Diary(Observer):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.events: list[Any] = []
        self.errors: list[str] = []

    def note(self, text):
        self.notes.append(text)

    def event(self, event):
        self.events.append(event)

    def raised(self, where, error):
        self.errors.append(f"{where}: {error}")


class Idle(Executor):
    """Accepts calls and leaves them to the test."""

    def __init__(self) -> None:
        self.calls: list[tuple[Future[Any], Any]] = []

    def submit(self, fn, /, *args, **kwargs):
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        self.calls.append((future, args))
        return future

    def kill(self, future, reason):
        future.set_exception(WorkerError(reason))

    def processes(self):
        return {}
