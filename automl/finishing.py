"""From finished trials to a saved and tested model."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from automl.artifact import Facts, Selected, load_artifact, save_artifact
from automl.calibration import fit_calibration
from automl.data.dataset import Dataset
from automl.data.prepare import Prepared
from automl.data.quality.finding import Finding
from automl.data.quality.labels import label_findings
from automl.data.quality.report import FILE as QUALITY
from automl.data.weights import weights_at
from automl.decision import tune_decision
from automl.ensemble import ROW_SECONDS, Ensemble, Library, build_ensemble, combine
from automl.errors import AutoMLError, RunError
from automl.fitted import FittedModel, Output
from automl.importance import MOST_FEATURES, Effort, measure_effects
from automl.leaderboard import RESULT
from automl.manifest import update_manifest
from automl.options import FitOptions, FitResult
from automl.planning import Plan
from automl.runfolder import release
from automl.search.events import EnsembleSelected
from automl.search.journal import Journal
from automl.search.observer import Observer
from automl.search.records import TrialRecord
from automl.storage import write_whole

CHOOSING_SHARE, CHOOSING_LEAST, CHOOSING_MOST = 0.025, 0.5, 30.0  # of the time limit, and seconds, for the ensemble
MEASURING_SHARE, MEASURING_LEAST, MEASURING_MOST = 0.01, 0.5, 5.0  # likewise, for the importance of features
SAVING = 1.2  # seconds to write the model and to load it again
_KEPT = 200  # findings that go with the model
_FEW_MEMBERS = 5  # of an ensemble that is not to be large

T = TypeVar("T")
Finished = list[tuple[TrialRecord, NDArray[np.float32]]]


def seconds_to_finish(limit: float, prepared: Prepared) -> float:
    """Estimate how much of a time limit in seconds the steps after the search need."""
    testing = 0.0 if prepared.test is None else prepared.test.n_rows * ROW_SECONDS / 2
    return min(limit / 3, _seconds_to_choose(limit) + SAVING + testing + _seconds_to_measure(limit))


def _seconds_to_measure(limit: float) -> float:
    return min(MEASURING_MOST, max(MEASURING_LEAST, limit * MEASURING_SHARE))


def _seconds_to_choose(limit: float) -> float:
    return min(CHOOSING_MOST, max(CHOOSING_LEAST, limit * CHOOSING_SHARE))


def finish(
    plan: Plan, finished: Finished, options: FitOptions, folder: Path, observer: Observer, started: float
) -> FitResult:
    """Choose the ensemble, save it, test it on the rows kept aside, and write `result.json`."""
    metric = plan.context.metric
    observer.phase("ensembling", f"{len(finished)} models")
    ensemble, output, findings = _ensemble(plan, finished, options)
    members = [
        Selected(record, float(weight), metric.score_of(record.error or 0.0))
        for (record, _), weight in zip(finished, ensemble.weights, strict=True)
        if weight > 0
    ]
    members.sort(key=lambda member: -member.weight)
    cv_score = metric.score_of(ensemble.honest_error)
    observer.event(_selected(members, finished, cv_score))
    observer.phase("saving")
    room = _Room(folder, members, observer)
    plan = room.write(functools.partial(_told, plan, findings, folder, observer))
    room.write(functools.partial(_save, plan, members, output, cv_score, options.seed, folder))
    fitted = load_artifact(folder / "model", plan.registry)
    tested = _Tested()
    if plan.prepared.test is not None:
        observer.phase("testing", f"{plan.prepared.test.n_rows:,} rows")
        tested = room.write(functools.partial(_test, plan, plan.prepared.test, fitted, folder, observer))
    _measure(plan, fitted, options, folder, observer)
    result = _result(plan, members, cv_score, tested, folder, time.monotonic() - started)
    room.write(functools.partial(write_whole, folder / RESULT, json.dumps(result.to_json(), indent=1)))
    observer.phase("done", f"{result.seconds:.1f} s")
    return result


def _told(plan: Plan, findings: tuple[Finding, ...], folder: Path, observer: Observer) -> Plan:
    """Add what the models found about the data to the run's report; return the plan with it."""
    if plan.prepared.quality is None:
        return plan
    quality = plan.prepared.quality.adding(findings)
    quality.write(folder / QUALITY)
    for finding in findings:
        observer.note(f"'{finding.column}': {finding.message}; `automl check {folder}` lists the rows.")
    return replace(plan, prepared=replace(plan.prepared, quality=quality))


def _selected(members: list[Selected], finished: Finished, cv_score: float) -> EnsembleSelected:
    return EnsembleSelected(
        candidates=len(finished),
        score=cv_score,
        best_score=min(members, key=lambda member: member.record.error or 0.0).cv_score,
        members=tuple(
            {"number": m.record.number, "family": m.record.family, "weight": m.weight, "score": m.cv_score}
            for m in members
        ),
    )


@dataclass(frozen=True)
class _Room:
    """Finds room on a full disk: what was reserved, and the models that the ensemble does not use."""

    folder: Path
    members: list[Selected]
    observer: Observer

    def write(self, step: Callable[[], T]) -> T:
        """Do what writes into the run folder, a second time where it could not; raise `RunError` if that fails too."""
        try:
            return step()
        except OSError as error:
            why = error.strerror or error
            self.observer.note(f"the disk is full ({why}): models that the ensemble does not use make room")
        release(self.folder)
        journal, used = Journal(self.folder), {member.record.number for member in self.members}
        for record in journal.records():
            if record.number not in used:
                journal.drop_models(record.number)
        try:
            return step()
        except OSError as error:
            raise RunError(
                f"the model cannot be written into '{self.folder}' ({error.strerror or why}): make room, then go on by "
                f"automl fit --resume {self.folder}"
            ) from error


def _save(plan: Plan, members: list[Selected], output: Output, cv_score: float, seed: int, folder: Path) -> None:
    """Write the ensemble as an artifact into the run folder."""
    dataset, metric, prepared = plan.prepared.dataset, plan.context.metric, plan.prepared
    facts = Facts(
        metric=metric.name,
        greater_is_better=metric.greater_is_better,
        cv_score=cv_score,
        seed=seed,
        n_rows=dataset.n_rows,
        data_hash=plan.data_hash,
        test=None if prepared.test is None else {"rows": prepared.test.n_rows, "hash": prepared.test_hash},
        quality=() if prepared.quality is None else [f.to_json() for f in prepared.quality.findings[:_KEPT]],
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


@dataclass(frozen=True)
class _Tested:
    """Scores on the rows kept aside: the ensemble's, and each member's alone by trial number."""

    score: float | None = None
    alone: Mapping[int, float] = field(default_factory=dict)


def _measure(plan: Plan, fitted: FittedModel, options: FitOptions, folder: Path, observer: Observer) -> None:
    """Keep what features are worth in the manifest, as far as the time for it goes."""
    test = plan.prepared.test
    rows = plan.prepared.dataset if test is None or test.n_rows < 2 else test
    effort = Effort(most=MOST_FEATURES)  # the clock must not decide where only trials count
    if options.seconds is not None and options.trials is None:
        effort = Effort(deadline=time.monotonic() + _seconds_to_measure(options.seconds))
    try:
        update_manifest(folder / "model", {"effects": measure_effects(fitted, rows.table, effort)})
    except Exception as error:  # a plugin's model, asked once more; what it is worth is told without
        observer.note(f"importances could not be measured: {type(error).__name__}: {error}")


def _test(plan: Plan, test: Dataset, fitted: FittedModel, folder: Path, observer: Observer) -> _Tested:
    """Score the saved model, and each member alone for the leaderboard, on the rows kept aside."""
    metric = plan.context.metric
    try:
        decision = fitted.output.decision
        by_member = fitted.predict_members(test.table)
        score = metric.score(test.y, fitted.blend(by_member), test.weights, decision)
        alone = {number: metric.score(test.y, p, test.weights, decision) for number, p in by_member.items()}
        update_manifest(folder / "model", {"test_score": score})
    except AutoMLError as error:  # a user's metric may be undefined on these rows; the model is saved
        observer.note(f"the test part cannot be scored: {error}")
        return _Tested()
    return _Tested(score, alone)


def _result(
    plan: Plan, members: list[Selected], cv_score: float, tested: _Tested, folder: Path, seconds: float
) -> FitResult:
    """Put together what the caller is told, and `result.json` keeps."""
    metric = plan.context.metric
    return FitResult(
        run=folder,
        model=folder / "model",
        task=plan.prepared.dataset.task.kind.value,
        metric=metric.name,
        greater_is_better=metric.greater_is_better,
        best_value=metric.best,
        cv_score=cv_score,
        test_score=tested.score,
        seconds=seconds,
        trials=len(Journal(folder).records()),
        members=tuple(
            {
                "number": member.record.number,
                "family": member.record.family,
                "params": dict(member.record.params),
                "weight": member.weight,
                "cv_score": member.cv_score,
                "test_score": tested.alone.get(member.record.number),
            }
            for member in members
        ),
        notes=plan.prepared.notes,
    )


def _ensemble(plan: Plan, finished: Finished, options: FitOptions) -> tuple[Ensemble, Output, tuple[Finding, ...]]:
    """Combine what was found; also how to decide by it, and the targets that look wrong to it."""
    dataset, folds = plan.prepared.dataset, plan.context.plan
    rows = np.flatnonzero(folds.scored)
    where = np.cumsum(folds.scored) - 1
    y = dataset.y[rows]
    weights = weights_at(dataset.weights, rows)
    predictions = np.stack([prediction[rows] for _, prediction in finished])
    library = Library(
        predictions=predictions,
        errors=[record.error if record.error is not None else np.inf for record, _ in finished],
        families=[record.family for record, _ in finished],
        y=y,
        weights=weights,
        folds=[replace(fold, train=fold.train[:0], score=where[fold.score]) for fold in folds.first_repeat],
        metric=plan.context.metric,
        task=dataset.task,
        # A measured time would make the choice depend on the machine's mood, which a fixed number of trials excludes.
        row_seconds=[] if options.trials is not None else [record.predict_seconds for record, _ in finished],
        members=_most_members(options),
    )
    timed = options.seconds is not None and options.trials is None
    ensemble = build_ensemble(library, options.seed, _seconds_to_choose(options.seconds or 0.0) if timed else None)
    blend = combine(predictions, ensemble.weights)
    calibrates = dataset.task.is_classification and "calibration" not in options.without
    calibration = fit_calibration(y.astype(np.int64), blend, weights) if calibrates else None
    if calibration is not None:
        blend = calibration.apply(blend)
    findings = label_findings(dataset.task, y, blend, plan.prepared.rows[rows])
    return ensemble, Output(calibration, tune_decision(plan.context.metric, y, blend, weights)), findings


def _most_members(options: FitOptions) -> int | None:
    """Return how many members an ensemble may have, None for any number."""
    if "ensemble" in options.without:
        return 1
    return _FEW_MEMBERS if "large_ensembles" in options.without else None
