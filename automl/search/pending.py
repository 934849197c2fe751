"""A trial on its way: its jobs, their limits, and how their results become one record."""

from __future__ import annotations

import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.data.folds import ALL_ROWS
from automl.decision import cross_decided_error
from automl.errors import TrialFailed
from automl.search.context import Context
from automl.search.footprints import Need
from automl.search.records import JobResult, Trial, TrialRecord
from automl.search.study import Asked


@dataclass(eq=False)
class Pending:
    """A trial from its proposal to its record.

    `parts` are the folds of each of its jobs, `units` the family's own estimate of its cost and `cost` that in seconds
    of this machine, `need` what each job's process will hold. It waits without futures until it is launched. From when
    a worker takes it up, at `started`, it may take `allowed` seconds, after up to `loading` seconds in which the worker
    loads what the family needs; `kill_at` is when patience with it ends, None for
    never (both on `time.monotonic()`'s clock). It may never be launched, where `reason` says why; of one that was,
    `reason` says why it was killed. `peak` is the most that one of its processes was seen to hold, in bytes, and
    `out_of_memory` that it was killed for it.
    """

    trial: Trial
    asked: Asked
    parts: list[tuple[int, ...]]
    units: float
    need: Need
    cost: float = 0.0
    loading: float = 0.0
    reason: str = ""
    raised: BaseException | None = None
    out_of_memory: bool = False
    futures: list[Future[Any]] = field(default_factory=list)
    allowed: float | None = None
    kill_at: float | None = None
    started: float = field(default_factory=time.monotonic)
    peak: int = 0

    @property
    def waits(self) -> bool:
        """Whether it is still to be launched."""
        return not self.futures and not self.reason

    @property
    def done(self) -> bool:
        """Whether every job has ended, one way or the other."""
        return not self.waits and all(future.done() for future in self.futures)

    @property
    def jobs_left(self) -> int:
        """Jobs that run or will."""
        return len(self.parts) if self.waits else sum(not future.done() for future in self.futures)

    def collect(self, context: Context) -> tuple[TrialRecord, NDArray[np.float32] | None]:
        """Merge the jobs' results into a record and out-of-fold predictions (n_rows, n_outputs), None if incomplete.

        `raised` then holds the first exception that made the trial fail, unless it was killed.
        """
        results: list[JobResult] = []
        reason = "" if self.futures else self.reason
        for future in self.futures:
            if future.cancelled():
                reason = reason or self.reason or "cancelled"
            elif (error := future.exception()) is not None:
                reason = reason or str(error) or type(error).__name__
                self.raised = self.raised or (None if self.reason else error)
            else:
                results.append(future.result())
        seconds = sum(result.seconds for result in results)
        if reason:
            seconds = max(seconds, time.monotonic() - self.started) if self.futures else 0.0
        memory = max([self.peak, *(result.memory for result in results)])
        if reason:
            return self._record("failed", reason=reason, seconds=seconds, memory=memory), None
        try:
            return self._judge(context, results, seconds, memory)
        except Exception as error:  # the metric may be a user's own: the trial boundary
            self.raised = error
            return self._record(
                "failed", reason=f"{type(error).__name__}: {error}", seconds=seconds, memory=memory
            ), None

    def _judge(
        self, context: Context, results: list[JobResult], seconds: float, memory: int
    ) -> tuple[TrialRecord, NDArray[np.float32] | None]:
        by_fold = {fold: prediction for result in results for fold, prediction in result.predictions.items()}
        fold_errors = tuple(
            context.error(fold.score, by_fold[fold.index].astype(np.float64))
            for fold in context.plan.folds
            if fold.index in by_fold
        )
        stopped = next((result.stopped for result in results if result.stopped), "")
        if stopped:
            record = self._record("stopped", reason=stopped, seconds=seconds, memory=memory, fold_errors=fold_errors)
            return record, None
        predictions = out_of_fold(context, by_fold)
        models = [model for result in results for model in result.models]
        if context.plan.kind == "forward":  # only the model that has seen the newest rows is of use for the next ones
            models = [model for model in models if model.fold in {ALL_ROWS, max(m.fold for m in models)}]
        if not models:
            raise TrialFailed("no model was left to predict with: the family is at fault")
        error = pooled_error(context, predictions)
        if not np.isfinite(error):
            raise TrialFailed(f"the metric {context.metric.name} is {error}: it is undefined on these predictions")
        record = self._record(
            "complete",
            seconds=seconds,
            memory=memory,
            fold_errors=fold_errors,
            error=error,
            predict_seconds=sum(result.predict_seconds for result in results),
            models=tuple(models),
        )
        return record, predictions

    def _record(self, state: Any, **fields: Any) -> TrialRecord:
        trial = self.trial
        return TrialRecord(trial.number, trial.family, trial.params, trial.seed, trial.origin, state=state, **fields)


def out_of_fold(context: Context, by_fold: dict[int, NDArray[np.float32]]) -> NDArray[np.float32]:
    """Lay predictions (n_score, n_outputs) by fold index over the rows, (n_rows, n_outputs) float32.

    Rows scored more than once take the mean, rows never scored are NaN.
    """
    shape = (context.dataset.n_rows, context.dataset.task.n_outputs)
    total = np.zeros(shape, dtype=np.float64)
    count = np.zeros((shape[0], 1))
    for fold in context.plan.folds:
        total[fold.score] += by_fold[fold.index]
        count[fold.score] += 1
    with np.errstate(invalid="ignore", divide="ignore"):
        return (total / count).astype(np.float32)


def pooled_error(context: Context, predictions: NDArray[Any]) -> float:
    """Judge out-of-fold predictions (n_rows, n_outputs) over all scored rows; lower is better."""
    dataset = context.dataset
    return cross_decided_error(
        context.metric, dataset.y, predictions.astype(np.float64), dataset.weights, context.plan.first_repeat
    )
