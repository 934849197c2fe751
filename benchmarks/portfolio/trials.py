"""One trial in a worker process: the engine's own cross-fitting, then what the models say about the test part."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from automl import storage
from automl.data.dataset import Dataset
from automl.decision import Decision
from automl.errors import TrialFailed
from automl.features.encoder import Encoder
from automl.fitted import FittedModel, Member, Output
from automl.search.context import Context, load_context
from automl.search.crossfit import Job, run_job
from automl.search.journal import trial_folder
from automl.search.records import JobResult, Trial


@dataclass(frozen=True)
class Measured:
    """What a trial left: predictions by fold, those of the test part (n_test, n_outputs), and what it took."""

    by_fold: Mapping[int, NDArray[np.float32]]
    test: NDArray[np.float64]
    seconds: float
    predict_seconds: float
    memory: int


def dump_test(test: Dataset, path: Path) -> None:
    """Write the test part for workers to read, into a folder that only this user can write."""
    import cloudpickle

    with path.open("wb") as file:
        cloudpickle.dump(test, file, protocol=5)


def measure(context_path: Path, test_path: Path, trial: Trial, seconds: float) -> Measured:
    """Fit a trial on all folds in about so many seconds, and predict the test part by its saved models.

    Raise what the family raises, and `TrialFailed` where it breaks its contract or runs out of time.
    """
    context = load_context(context_path).context
    folder = context.folder / trial_folder(trial.number)
    try:
        job = Job(trial, tuple(range(len(context.plan.folds))), seconds=seconds)
        result = run_job(context_path, job)
        if result.stopped:
            raise TrialFailed(result.stopped)
        prediction = _predict(context, trial, result, _test(test_path))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Measured(result.predictions, prediction, result.seconds, result.predict_seconds, result.memory)


@functools.lru_cache(maxsize=1)
def _test(path: Path) -> Dataset:
    import cloudpickle

    with path.open("rb") as file:
        test: Dataset = cloudpickle.load(file)
    return test


def _predict(context: Context, trial: Trial, result: JobResult, test: Dataset) -> NDArray[np.float64]:
    """Let the trial be a model of its own, read back from what it saved."""
    family, dataset = context.families[trial.family], context.dataset
    if not result.models:
        raise TrialFailed("it saved no models")
    models = tuple((family.load(context.folder / saved.folder), saved.encoder) for saved in result.models)
    encoders = {name: storage.load(context.folder / name, Encoder) for _, name in models}
    member = Member(trial.number, trial.family, trial.params, 1.0, 0.0, family.inputs, models)
    fitted = FittedModel(dataset.schema, dataset.task, (member,), encoders, Output(None, Decision()))
    return fitted.predict_members(test.table)[trial.number]
