"""Fitting a chosen model again, on all rows, in a worker: how long to learn is known from the fit that was judged."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from automl.data.folds import ALL_ROWS
from automl.plugin.crossfit import FoldModel
from automl.plugin.model import Limits, Part
from automl.search.context import load_context
from automl.search.keeping import keep_model
from automl.search.records import SavedModel, Trial
from automl.shelf import SHELF, Shelf


@dataclass(frozen=True)
class AgainJob:
    """A trial and its `model` that was judged; the fit must end by `deadline`, on `time.monotonic()`'s clock.

    None is no limit.
    """

    trial: Trial
    model: SavedModel
    deadline: float | None = None


def run_again(path: Path, job: AgainJob) -> SavedModel | None:
    """Fit on all rows in this process; `path` is the context's file. None where the family cannot.

    Raise `TrialFailed` where the time is too short, and whatever else the family raises.
    """
    loaded, trial = load_context(path), job.trial
    context = loaded.context
    family = context.families[trial.family]
    judged = family.load_beside(context.folder / job.model.folder, Shelf(context.folder / SHELF))
    task = context.dataset.task
    model = family.build_again(judged, trial.params, task, trial.seed)
    if model is None:
        return None
    dataset = loaded.dataset(family.inputs)
    encoding = family.encoding(trial.params, task)
    encoded = loaded.cache.encode_all(dataset, encoding)
    model.fit(Part(encoded.train, dataset.y, dataset.weights), None, Limits(job.deadline, context.threads))
    return keep_model(context.folder, trial, FoldModel(model, ALL_ROWS, encoding), encoded.encoder)
