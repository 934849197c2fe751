"""Running one job in a worker: encode, fit, predict, check, save, measure."""

from __future__ import annotations

import importlib
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from automl.data.dataset import Dataset
from automl.data.folds import ALL_ROWS, Fold
from automl.data.weights import weights_at
from automl.errors import TrialFailed
from automl.features.cache import EncodedFold, EncoderCache
from automl.features.encoding import Encoding, Features
from automl.memory import peak_bytes, reset_peak
from automl.plugin.crossfit import CrossFit, CrossFitJob
from automl.plugin.model import Limits, Part
from automl.search.context import Context, load_context
from automl.search.keeping import keep_model
from automl.search.records import JobResult, SavedModel, Trial

_TIMED_ROWS = 500  # enough rows that the time of a batch prediction is not all overhead
_FIRST_ROWS, _SLOW = 20, 0.2  # fewer are enough where so many take longer than this, in seconds


@dataclass(frozen=True)
class Job:
    """A trial on some `folds`, positions in the plan.

    `deadline` is when its fits must end, on `time.monotonic()`'s clock, which is one for all processes of a machine;
    `seconds` what they may take from when a worker begins; None for no limit. `bar` is the error of the best trial's
    worst fold: a trial whose running mean is worse stops early; None lets it run.
    """

    trial: Trial
    folds: tuple[int, ...]
    deadline: float | None = None
    bar: float | None = None
    seconds: float | None = None

    def end(self, started: float) -> float | None:
        """Return when the fits of a job that was started then must end, None for no limit."""
        ends = [self.deadline, None if self.seconds is None else started + self.seconds]
        return min((end for end in ends if end is not None), default=None)


def run_job(path: Path, job: Job) -> JobResult:
    """Run a job in this process; `path` is the context's file.

    Raise `TrialFailed` where the family breaks its contract or runs out of time, and whatever else it raises.
    """
    loaded = load_context(path)
    context = loaded.context
    family = context.families[job.trial.family]
    for module in family.imports:  # before the clock starts: the first fold's share of the time may be a second
        importlib.import_module(module)
    started = time.monotonic()
    reset_peak()
    encode = _Encode(context, loaded.dataset(family.inputs), loaded.cache)
    folds = tuple(context.plan.folds[position] for position in job.folds)
    crossfit_job = CrossFitJob(
        task=context.dataset.task,
        params=job.trial.params,
        seed=job.trial.seed,
        folds=folds,
        n_rows=context.dataset.n_rows,
        limits=Limits(job.end(started), context.threads),
        encode=encode.fold,
        encode_all=encode.all_rows,
        go_on=_EarlyStop(context, folds, job.bar),
        out_of_bag=context.out_of_bag and len(job.folds) == len(context.plan.folds),
        refit=0 in job.folds,
        units=context.plan.units,
    )
    fit = family.cross_fit(crossfit_job)
    predictions = _checked(fit, folds, context)
    saved = _save(fit, job.trial, encode)
    return JobResult(
        predictions=predictions,
        models=saved,
        seconds=time.monotonic() - started,
        predict_seconds=_predict_seconds(fit, encode),
        memory=peak_bytes(),
        stopped=fit.stopped,
    )


@dataclass(frozen=True)
class _Encode:
    """The job's view of the cache: encoded parts of a fold or of all rows."""

    context: Context
    dataset: Dataset
    cache: EncoderCache

    def fold(self, fold: Fold, encoding: Encoding) -> tuple[Part, Part]:
        encoded = self.encoded(fold, encoding)
        assert encoded.score is not None
        return self._part(encoded.train, fold.train), self._part(encoded.score, fold.score)

    def all_rows(self, encoding: Encoding) -> Part:
        return Part(self.encoded(None, encoding).train, self.dataset.y, self.dataset.weights)

    def encoded(self, fold: Fold | None, encoding: Encoding) -> EncodedFold:
        if fold is None:
            return self.cache.encode_all(self.dataset, encoding)
        return self.cache.encode_fold(self.dataset, fold, encoding)

    def of_model(self, index: int, encoding: Encoding) -> EncodedFold:
        fold = None if index == ALL_ROWS else next(f for f in self.context.plan.folds if f.index == index)
        return self.encoded(fold, encoding)

    def _part(self, features: Features, rows: NDArray[np.int64]) -> Part:
        return Part(features, self.dataset.y[rows], weights_at(self.dataset.weights, rows))


class _EarlyStop:
    """Stops a trial whose running mean over folds is worse than the best trial's worst fold.

    Source: "Don't waste your time: early stopping cross-validation" (Bergman, Purucker, Hutter 2024, arXiv 2405.03389).
    """

    def __init__(self, context: Context, folds: tuple[Fold, ...], bar: float | None) -> None:
        self._context, self._folds, self._bar = context, folds, bar
        self._errors: list[float] = []

    def __call__(self, position: int, prediction: NDArray[np.float64]) -> bool:
        if self._bar is None:
            return True
        _checked_fold(prediction, self._folds[position], self._context)
        self._errors.append(self._context.error(self._folds[position].score, prediction))
        return float(np.mean(self._errors)) <= self._bar


def _checked(fit: CrossFit, folds: tuple[Fold, ...], context: Context) -> dict[int, NDArray[np.float32]]:
    """Hold a family to its contract: shapes, finite values, probabilities that sum to one."""
    if len(fit.predictions) < len(folds) and not fit.stopped:
        raise TrialFailed(f"{len(fit.predictions)} of {len(folds)} folds were predicted: the family is at fault")
    pairs = zip(folds, fit.predictions, strict=False)
    return {fold.index: _checked_fold(prediction, fold, context).astype(np.float32) for fold, prediction in pairs}


def _checked_fold(prediction: NDArray[np.float64], fold: Fold, context: Context) -> NDArray[np.float64]:
    task = context.dataset.task
    expected = (len(fold.score), task.n_outputs)
    if not isinstance(prediction, np.ndarray) or prediction.dtype.kind not in "fiu":
        raise TrialFailed(f"predictions are {type(prediction).__name__}, no array of numbers: the family is at fault")
    if prediction.shape != expected:
        raise TrialFailed(f"predictions have shape {prediction.shape}, not {expected}: the family is at fault")
    if not np.isfinite(prediction).all():
        raise TrialFailed("predictions are not finite: the fit diverged or the family breaks its contract")
    if task.is_classification:
        totals = prediction.sum(axis=1)
        if prediction.min() < 0 or np.abs(totals - 1).max() > 1e-3:
            raise TrialFailed("probabilities are negative or do not sum to one: the family breaks its contract")
    return prediction


def _save(fit: CrossFit, trial: Trial, encode: _Encode) -> tuple[SavedModel, ...]:
    if fit.stopped:
        return ()
    return tuple(
        keep_model(encode.context.folder, trial, item, encode.of_model(item.fold, item.encoding).encoder)
        for item in fit.models
    )


def _predict_seconds(fit: CrossFit, encode: _Encode) -> float:
    if not fit.models:
        return 0.0
    item = fit.models[0]
    encoded = encode.of_model(item.fold, item.encoding)
    features = encoded.train if encoded.score is None else encoded.score
    taken, rows = 0.0, 1
    for most in (_FIRST_ROWS, _TIMED_ROWS):
        part = features.take(np.arange(min(most, features.n_rows)))
        started = time.perf_counter()
        item.model.predict(part)
        taken, rows = time.perf_counter() - started, max(1, part.n_rows)
        if taken > _SLOW:
            break
    return taken / rows * len(fit.models)
