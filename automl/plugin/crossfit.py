"""Fitting one trial on its folds: the job a family is given and the result it returns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from automl.data.folds import ALL_ROWS, Fold
from automl.errors import TrialFailed
from automl.features.encoding import Encoding
from automl.plugin.model import Limits, Model, Params, Part
from automl.task import Task


@dataclass(frozen=True)
class FoldModel:
    """A fitted model, the fold whose training rows it learned from (`ALL_ROWS`: every row), and its encoding."""

    model: Model
    fold: int
    encoding: Encoding


@dataclass(frozen=True)
class CrossFit:
    """What a trial leaves: a prediction for every score row of its folds, and the models.

    `predictions[i]` is (n_score of folds[i], n_outputs) float64. `stopped` is the reason when not all folds were
    fitted; `predictions` is then shorter than the job's folds.
    """

    predictions: tuple[NDArray[np.float64], ...]
    models: tuple[FoldModel, ...]
    stopped: str = ""


@dataclass(frozen=True)
class CrossFitJob:
    """One trial on some folds.

    - `encode(fold, encoding)` returns the fold's (train, score) parts; encoders are fitted on its training rows and
      cached. `encode_all(encoding)` returns every row, encoded by encoders fitted on every row.
    - `go_on(position, prediction)` takes the prediction of `folds[position]` and says whether to fit the next fold.
    - `out_of_bag` says whether out-of-bag rows of one fit on all rows may stand in for folds. Rows with equal `units`
      (n_rows,) int64, copies of each other, are then out of bag only where all of them are; None where there are none.
    - `refit` says whether a family that predicts with one model fitted on all rows is to fit it in this job.
    """

    task: Task
    params: Params
    seed: int
    folds: tuple[Fold, ...]
    n_rows: int
    limits: Limits
    encode: Callable[[Fold, Encoding], tuple[Part, Part]]
    encode_all: Callable[[Encoding], Part]
    go_on: Callable[[int, NDArray[np.float64]], bool]
    out_of_bag: bool = False
    refit: bool = True
    units: NDArray[np.int64] | None = None


class Builder(Protocol):
    """The part of a family that fitting fold by fold needs."""

    refit: ClassVar[bool]

    def encoding(self, params: Params, task: Task) -> Encoding:
        """How these parameters want the columns."""
        ...

    def build(self, params: Params, task: Task, seed: int) -> Model:
        """Return an unfitted model."""
        ...


def fit_folds(family: Builder, job: CrossFitJob) -> CrossFit:
    """Fit one model a fold, sharing the time left evenly among the fits still to come.

    A family that refits keeps none of them but one more model, fitted on all rows. Raise `TrialFailed` where the time
    is up before the last fit has begun.
    """
    encoding = family.encoding(job.params, job.task)
    predictions: list[NDArray[np.float64]] = []
    models: list[FoldModel] = []
    fits = len(job.folds) + (family.refit and job.refit)
    for position, fold in enumerate(job.folds):
        if job.limits.seconds_left <= 0:
            raise TrialFailed(f"out of time after {position} of {len(job.folds)} folds")
        train, score = job.encode(fold, encoding)
        model = family.build(job.params, job.task, job.seed + fold.index)
        model.fit(train, score, job.limits.share(1 / (fits - position)))
        predictions.append(model.predict_score(score.features))
        models.append(FoldModel(model, fold.index, encoding))
        if position + 1 < len(job.folds) and not job.go_on(position, predictions[-1]):
            return CrossFit(tuple(predictions), tuple(models), "worse than the best trial's worst fold")
    if not family.refit:
        return CrossFit(tuple(predictions), tuple(models))
    if not job.refit:
        return CrossFit(tuple(predictions), ())
    if job.limits.seconds_left <= 0:
        raise TrialFailed("out of time before the fit on all rows")
    final = family.build(job.params, job.task, job.seed)
    final.fit(job.encode_all(encoding), None, job.limits)
    return CrossFit(tuple(predictions), (FoldModel(final, ALL_ROWS, encoding),))


def from_out_of_bag(
    model: Model, encoding: Encoding, out_of_bag: NDArray[np.float64], folds: tuple[Fold, ...]
) -> CrossFit:
    """Split the out-of-bag predictions (n_rows, n_outputs) float64 of one model, fitted on all rows, over the folds."""
    return CrossFit(
        predictions=tuple(out_of_bag[fold.score] for fold in folds),
        models=(FoldModel(model, ALL_ROWS, encoding),),
    )
