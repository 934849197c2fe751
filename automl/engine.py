"""A fit from file to saved model: the only module that knows all the others."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from automl.artifact import Facts, Selected, load_artifact, save_artifact, update_manifest
from automl.calibration import fit_calibration
from automl.data.dataset import Dataset, Profile
from automl.data.fingerprint import hash_frame
from automl.data.prepare import DataOptions, Prepared, encode_rows, prepare
from automl.data.read import read_table
from automl.data.schema import Role
from automl.data.split import FoldOptions, Ties, plan_folds
from automl.decision import tune_decision
from automl.ensemble import ROW_SECONDS, ROWS, Ensemble, Library, build_ensemble, combine
from automl.errors import FamilyDeclined, OptionError, RunError, unknown
from automl.fitted import FittedModel, Output
from automl.leaderboard import RESULT
from automl.metrics import Metric, default_metric, metrics_for, resolve_metric
from automl.options import FitOptions, FitResult
from automl.plugin.family import ModelFamily
from automl.plugin.registry import Registry, discover, select
from automl.runlog import RunLog
from automl.search.coordinator import Search, SearchOptions
from automl.search.crossfit import Context, dump_context
from automl.search.inline import InlineExecutor
from automl.search.journal import Journal
from automl.search.observer import Observer, Observers
from automl.search.records import TrialRecord
from automl.search.study import open_storage
from automl.search.workers import WorkerPool
from automl.task import TaskKind

if TYPE_CHECKING:
    import pandas as pd

FINISH_SHARE, FINISH_LEAST, FINISH_MOST = 0.05, 1.5, 60.0  # time kept for the ensemble, saving and testing
MEMORY_SHARE = 0.8  # of what the machine has available, over all workers
WARM = ("automl.search.crossfit", "lightgbm", "sklearn.ensemble", "sklearn.linear_model")

Finished = list[tuple[TrialRecord, NDArray[np.float32]]]


@dataclass(frozen=True)
class Plan:
    """What the data and the options come down to before the search."""

    prepared: Prepared
    metric: Metric
    context: Context
    registry: Registry
    data_hash: str


def run_fit(
    source: Path | str | pd.DataFrame,
    options: FitOptions,
    *,
    observer: Observer | None = None,
    started: float | None = None,
) -> FitResult:
    """Fit on a file or a data frame; `started` is when the clock began, on `time.monotonic()`'s scale.

    Raise `AutoMLError` where the data or an option cannot be used, or where no trial succeeds in time.
    """
    started = time.monotonic() if started is None else started
    threading.Thread(target=_warm_up, daemon=True).start()
    registry = _with_extra(discover(), options)
    families = select(registry, options.families, options.exclude)
    folder = _create_run_folder(options.output, source)
    observer = Observers(RunLog(folder / "run.log"), observer or Observer())
    workers = options.jobs or len(os.sched_getaffinity(0))
    with _executor(options, workers, folder) as executor, tempfile.TemporaryDirectory() as private:
        observer.phase("reading")
        plan = _plan(source, options, registry, families, folder, observer)
        finish = _seconds_to_finish(options, plan.prepared)
        deadline = None if options.seconds is None else started + options.seconds - finish
        observer.limits(None if deadline is None else deadline + finish, options.trials)
        context_path = Path(private) / "context.pickle"
        dump_context(plan.context, context_path)
        observer.phase("searching", _describe(plan))
        search = Search(
            plan.context,
            context_path,
            SearchOptions(
                deadline, options.trials, workers, options.sampler, options.seed, _memory_for_worker(workers)
            ),
            executor=executor,
            storage=open_storage(folder / "optuna.journal"),
            journal=Journal(folder),
            observer=observer,
            finished_hook=lambda record: _tell_plugins(registry, record),
        )
        finished = search.run()
    if not finished:
        raise RunError(_why_nothing(Journal(folder).records(), options))
    return _finish(plan, finished, options, folder, observer, started)


def load(path: Path | str) -> FittedModel:
    """Load a fitted model from a model folder or a run folder; no code from it is run."""
    return load_artifact(Path(path), discover())


def evaluate_model(fitted: FittedModel, frame: pd.DataFrame, names: list[str] | None = None) -> dict[str, float]:
    """Score a model on rows with known targets; by default with every metric that fits the task, its own first."""
    kind = fitted.task.kind
    extra = discover().metrics
    if not names:
        names = [n for n in [fitted.task.metric, *metrics_for(kind)] if n in metrics_for(kind, extra)]
    metrics = [resolve_metric(name, kind, extra) for name in dict.fromkeys(names)]
    rows = encode_rows(frame, fitted.schema, fitted.task, DataOptions(target=fitted.task.target))
    prediction = fitted.predict_table(rows.table)
    return {m.name: m.score(rows.y, prediction, rows.weights, fitted.output.decision) for m in metrics}


# Before the search


def _warm_up() -> None:
    """Import what the end of the run needs while the data is being read and workers search."""
    for module in WARM:
        importlib.import_module(module)


def _with_extra(registry: Registry, options: FitOptions) -> Registry:
    if not options.extra_families:
        return registry
    extra = {family.name: family for family in options.extra_families}
    return replace(registry, families={**registry.families, **extra})


def _create_run_folder(output: Path | None, source: object) -> Path:
    if output is None:
        table = Path(str(source)).name.split(".")[0] if isinstance(source, str | Path) else "table"
        output = Path("automl_runs") / f"{table}-{datetime.now():%Y%m%d-%H%M%S}"
    if (output / "journal.jsonl").exists() or (output / "model").exists():
        raise OptionError(f"the run folder '{output}' already holds a run: name another one, or delete it first")
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OptionError(f"the run folder '{output}' cannot be created ({error.strerror}): name another one") from None
    return output


@contextlib.contextmanager
def _executor(options: FitOptions, workers: int, folder: Path) -> Iterator[Executor]:
    if options.backend == "inline":
        yield InlineExecutor()
        return
    pool = WorkerPool(workers, threads=1, modules=WARM, log=folder / "workers.log")
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _plan(
    source: Path | str | pd.DataFrame,
    options: FitOptions,
    registry: Registry,
    families: Mapping[str, ModelFamily],
    folder: Path,
    observer: Observer,
) -> Plan:
    frame = read_table(source) if isinstance(source, str | Path) else source
    test = read_table(options.test) if isinstance(options.test, str | Path) else options.test
    data_options = _data_options(options, source)
    prepared = prepare(frame, data_options)
    dataset = prepared.dataset
    if test is not None:
        prepared = replace(prepared, test=encode_rows(test, dataset.schema, dataset.task, data_options))
    metric = _metric(options.metric, dataset.task.kind, registry)
    dataset = replace(dataset, task=replace(dataset.task, metric=metric.name))
    prepared = replace(prepared, dataset=dataset)
    observer.judged_by(metric)
    for note in prepared.notes:
        observer.note(note)
    plan = plan_folds(
        dataset.task,
        dataset.y,
        n_columns=len(dataset.schema.used),
        seed=options.seed,
        ties=Ties(dataset.groups, dataset.times),
        options=FoldOptions(None if options.trials is not None else options.seconds, options.folds),
    )
    observer.note(plan.reason)
    profile = Profile.of(dataset, None if options.trials is not None else options.seconds)
    accepted = _accepted(families, dataset, profile, observer)
    context = Context(dataset, plan, metric, accepted, profile, folder.resolve())
    return Plan(prepared, metric, context, registry, hash_frame(frame))


def _data_options(options: FitOptions, source: object) -> DataOptions:
    return DataOptions(
        target=options.target,
        kind=_kind(options.task),
        roles={name: _role(role) for name, role in options.roles.items()},
        drop=options.drop,
        keep=options.keep,
        weight=options.weight,
        group=options.group,
        time=options.time,
        folder=Path(source).parent if isinstance(source, str | Path) else None,
        test_size=0.0 if options.test is not None else options.test_size,
        seed=options.seed,
    )


def _kind(task: TaskKind | str | None) -> TaskKind | None:
    if task is None:
        return None
    try:
        return TaskKind(task)
    except ValueError:
        raise OptionError(f"task '{task}' is unknown: choose binary, multiclass or regression") from None


def _role(role: Role | str) -> Role:
    try:
        return Role(role)
    except ValueError:
        raise unknown("role", role, [known.value for known in Role]) from None


def _metric(wanted: Any, kind: TaskKind, registry: Registry) -> Metric:
    return default_metric(kind) if wanted is None else resolve_metric(wanted, kind, registry.metrics)


def _accepted(
    families: Mapping[str, ModelFamily], dataset: Dataset, profile: Profile, observer: Observer
) -> dict[str, ModelFamily]:
    accepted, declined = {}, []
    for name, family in families.items():
        try:
            if dataset.task.kind not in family.tasks:
                raise FamilyDeclined(f"does not do {dataset.task.kind} tasks")
            if not any(profile.count(role) for role in family.inputs):
                raise FamilyDeclined(f"reads {', '.join(sorted(family.inputs))} columns, of which there are none")
            family.accepts(dataset.task, profile)
            accepted[name] = family
        except FamilyDeclined as reason:
            declined.append(f"{name} is left out: {reason}")
            observer.note(declined[-1])
    if not accepted:
        raise RunError(f"no model family accepts this data: {'; '.join(declined)}")
    return accepted


def _seconds_to_finish(options: FitOptions, prepared: Prepared) -> float:
    if options.seconds is None:
        return 0.0
    dataset, test = prepared.dataset, prepared.test
    # Choosing among fifty trials reads each row a thousand times; predicting costs a row what the ensemble allows.
    work = min(dataset.n_rows, ROWS) * dataset.task.n_outputs * 5e-5 + (
        0 if test is None else test.n_rows * ROW_SECONDS / 2
    )
    return min(FINISH_MOST, options.seconds / 3, max(FINISH_LEAST, options.seconds * FINISH_SHARE) + work)


def _memory_for_worker(workers: int) -> int:
    import psutil

    return int(psutil.virtual_memory().available * MEMORY_SHARE / workers)


def _describe(plan: Plan) -> str:
    dataset, context = plan.prepared.dataset, plan.context
    used = len(dataset.schema.used)
    return (
        f"{dataset.task.kind} on {dataset.n_rows:,} rows, {used} columns, {len(context.plan.folds)} folds, "
        f"{len(context.families)} families"
    )


def _tell_plugins(registry: Registry, record: TrialRecord) -> None:
    if registry.hook is not None:
        registry.hook.automl_trial_finished(record=record.to_json())


def _why_nothing(records: list[TrialRecord], options: FitOptions) -> str:
    reasons = sorted({f"{record.family}: {record.reason}" for record in records if record.reason})
    if not reasons:
        return f"no trial finished within {options.seconds} s: give more time with --time-limit"
    return f"no trial succeeded: {'; '.join(reasons[:3])}; give more time or other families"


# After the search


def _finish(
    plan: Plan, finished: Finished, options: FitOptions, folder: Path, observer: Observer, started: float
) -> FitResult:
    dataset, metric = plan.prepared.dataset, plan.metric
    observer.phase("ensembling", f"{len(finished)} models")
    ensemble, output = _ensemble(plan, finished, options.seed)
    observer.phase("saving")
    members = [
        Selected(record, float(weight), metric.score_of(record.error or 0.0))
        for (record, _), weight in zip(finished, ensemble.weights, strict=True)
        if weight > 0
    ]
    members.sort(key=lambda member: -member.weight)
    facts = Facts(
        metric=metric.name,
        greater_is_better=metric.greater_is_better,
        cv_score=metric.score_of(ensemble.honest_error),
        seed=options.seed,
        n_rows=dataset.n_rows,
        data_hash=plan.data_hash,
    )
    save_artifact(
        folder / "model",
        folder,
        members,
        schema=dataset.schema,
        task=dataset.task,
        output=output,
        facts=facts,
        registry=plan.registry,
    )
    test_score, test_scores = None, {}
    if plan.prepared.test is not None:
        observer.phase("testing", f"{plan.prepared.test.n_rows:,} rows")
        fitted = load_artifact(folder / "model", plan.registry)
        test_score, test_scores = _test(fitted, plan.prepared.test, metric)
        update_manifest(folder / "model", {"test_score": test_score})
    records = Journal(folder).records()
    result = FitResult(
        run=folder,
        model=folder / "model",
        task=dataset.task.kind.value,
        metric=metric.name,
        greater_is_better=metric.greater_is_better,
        best_value=metric.best,
        cv_score=facts.cv_score,
        test_score=test_score,
        seconds=time.monotonic() - started,
        trials=len(records),
        members=tuple(
            {
                "number": member.record.number,
                "family": member.record.family,
                "params": dict(member.record.params),
                "weight": member.weight,
                "cv_score": member.cv_score,
                "test_score": test_scores.get(member.record.number),
            }
            for member in members
        ),
        notes=plan.prepared.notes,
    )
    (folder / RESULT).write_text(json.dumps(result.to_json(), indent=1), encoding="utf-8")
    observer.phase("done", f"{result.seconds:.1f} s")
    return result


def _ensemble(plan: Plan, finished: Finished, seed: int) -> tuple[Ensemble, Output]:
    dataset, folds = plan.prepared.dataset, plan.context.plan
    rows = np.flatnonzero(folds.scored)
    where = np.cumsum(folds.scored) - 1
    y = dataset.y[rows]
    weights = None if dataset.weights is None else dataset.weights[rows]
    predictions = np.stack([prediction[rows] for _, prediction in finished])
    library = Library(
        predictions=predictions,
        errors=[record.error if record.error is not None else np.inf for record, _ in finished],
        families=[record.family for record, _ in finished],
        y=y,
        weights=weights,
        folds=[replace(fold, train=fold.train[:0], score=where[fold.score]) for fold in folds.first_repeat],
        metric=plan.metric,
        task=dataset.task,
        row_seconds=[record.predict_seconds for record, _ in finished],
    )
    ensemble = build_ensemble(library, seed)
    blend = combine(predictions, ensemble.weights)
    calibration = fit_calibration(y, blend, weights) if dataset.task.is_classification else None
    if calibration is not None:
        blend = calibration.apply(blend)
    return ensemble, Output(calibration, tune_decision(plan.metric, y, blend, weights))


def _test(fitted: FittedModel, test: Dataset, metric: Metric) -> tuple[float, dict[int, float]]:
    """Score the ensemble, and each member alone for the leaderboard, on the rows kept aside."""
    decision = fitted.output.decision
    by_member = fitted.predict_members(test.table)
    score = metric.score(test.y, fitted.blend(by_member), test.weights, decision)
    alone = {number: metric.score(test.y, p, test.weights, decision) for number, p in by_member.items()}
    return score, alone


def discard(folder: Path) -> None:
    """Delete a run folder and everything in it."""
    shutil.rmtree(folder, ignore_errors=True)
