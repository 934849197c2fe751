"""From finished trials to a saved and tested model."""

from __future__ import annotations

import functools
import json
import time
from dataclasses import replace
from pathlib import Path

from automl.artifact import load_artifact
from automl.combining import Choice, Chosen, Combiner, CombinerOptions, Finished
from automl.data.quality.finding import Finding
from automl.data.quality.report import FILE as QUALITY
from automl.diskspace import DiskSpace
from automl.fitted import FittedModel
from automl.held_out import Tested, score_held_out
from automl.importance import MOST_FEATURES, Effort, measure_effects
from automl.latency import folder_bytes
from automl.latency_limit import DEFAULT_LATENCY, LatencyLimit, Saved, Slimmer
from automl.leaderboard import RESULT
from automl.manifest import MODEL, update_manifest
from automl.options import FitOptions, FitResult
from automl.pacing import Pace
from automl.planning import Plan
from automl.saving import Facts, save_artifact
from automl.search.events import EnsembleSelected
from automl.search.journal import Journal
from automl.search.observer import Observer
from automl.slimming import FAST
from automl.storage import write_whole

_KEPT = 200  # findings that go with the model
_FEW_MEMBERS = 5  # of an ensemble that is not to be large


def choose(plan: Plan, finished: Finished, options: FitOptions, observer: Observer, pace: Pace) -> Chosen:
    """Choose the ensemble."""
    observer.phase("ensembling", f"{len(finished)} models")
    combiner = Combiner.of(plan, finished, _combiner_options(options, pace))
    choice = combiner.best()
    observer.event(_selected(choice, len(finished)))
    if options.fast:
        choice = _fast(combiner, choice, observer)
    return Chosen(combiner, choice)


def finish(plan: Plan, chosen: Chosen, options: FitOptions, folder: Path, observer: Observer, pace: Pace) -> FitResult:
    """Save what was chosen, test it on the rows kept aside, and write `result.json`."""
    combiner, choice = chosen.combiner, chosen.choice
    observer.phase("saving")
    disk = DiskSpace(folder, {member.record.number for member in choice.members}, observer)
    plan = disk.write(functools.partial(_told, plan, choice.findings, folder, observer))

    def save(choice: Choice) -> FittedModel:
        disk.write(functools.partial(_save, plan, choice, options.seed, folder))
        return load_artifact(folder / MODEL, plan.registry)

    test = plan.prepared.test
    until = pace.saved(0 if test is None else test.n_rows, _row_seconds(choice))
    saved = Slimmer(combiner, plan.sample, save, observer, until).saved(choice, _limit(options))
    size = folder_bytes(folder / MODEL)
    disk.write(functools.partial(update_manifest, folder / MODEL, {"latency": saved.seconds, "size": size}))
    tested = Tested()
    if test is not None:
        observer.phase("testing", f"{test.n_rows:,} rows")
        tested = score_held_out(saved.fitted, test, plan.context.metric, options.seed, pace.tested, observer)
        disk.write(functools.partial(update_manifest, folder / MODEL, {"test_score": tested.score}))
    _measure(plan, saved.fitted, pace, folder, observer)
    result = replace(_result(plan, saved, tested, folder), size=size, seconds=time.monotonic() - pace.started)
    disk.write(functools.partial(write_whole, folder / RESULT, json.dumps(result.to_json(), indent=1)))
    observer.phase("done", f"{result.seconds:.1f} s")
    return result


def _combiner_options(options: FitOptions, pace: Pace) -> CombinerOptions:
    return CombinerOptions(
        seconds=pace.choosing,
        seed=options.seed,
        timed=not options.counted,
        members=1 if "ensemble" in options.without else _FEW_MEMBERS if "large_ensembles" in options.without else None,
        calibrates="calibration" not in options.without,
        recalls="copies" not in options.without,
        row_budgets=pace.row_budgets,
    )


def _row_seconds(choice: Choice) -> float:
    """Return what a row costs on one core, as far as trials have measured it."""
    return sum(member.record.predict_seconds for member in choice.members)


def _limit(options: FitOptions) -> LatencyLimit | None:
    """Return what a row may take; where only trials count, no clock decides unless that is asked for."""
    if options.latency_limit is not None:
        return LatencyLimit(options.latency_limit / 1000, strict=True)
    return None if options.counted else LatencyLimit(DEFAULT_LATENCY)


def _fast(combiner: Combiner, whole: Choice, observer: Observer) -> Choice:
    choice = combiner.fast(whole)
    if len(choice.members) > 1:
        observer.note(
            f"No single model is within {FAST:.0%} of the ensemble's score: one model of each of {len(choice.members)} "
            "members is kept."
        )
    else:
        name = choice.members[0].record.family
        observer.note(
            f"One {name} model takes the ensemble's place: {combiner.library.metric.name} "
            f"{choice.cv_score:.4g} instead of {whole.cv_score:.4g}, cross-validated."
        )
    return choice


def _told(plan: Plan, findings: tuple[Finding, ...], folder: Path, observer: Observer) -> Plan:
    """Add what the models found about the data to the run's report; return the plan with it."""
    if plan.prepared.quality is None:
        return plan
    quality = plan.prepared.quality.adding(findings)
    quality.write(folder / QUALITY)
    for finding in findings:
        observer.note(f"'{finding.column}': {finding.message}; `automl check {folder}` lists the rows.")
    return replace(plan, prepared=replace(plan.prepared, quality=quality))


def _selected(choice: Choice, candidates: int) -> EnsembleSelected:
    members = choice.members
    return EnsembleSelected(
        candidates=candidates,
        score=choice.cv_score,
        best_score=min(members, key=lambda member: member.record.error or 0.0).cv_score,
        members=tuple(
            {"number": m.record.number, "family": m.record.family, "weight": m.weight, "score": m.cv_score}
            for m in members
        ),
    )


def _save(plan: Plan, choice: Choice, seed: int, folder: Path) -> None:
    """Write the ensemble as an artifact into the run folder."""
    dataset, metric, prepared = plan.prepared.dataset, plan.context.metric, plan.prepared
    facts = Facts(
        metric=metric.name,
        greater_is_better=metric.greater_is_better,
        cv_score=choice.cv_score,
        seed=seed,
        n_rows=dataset.n_rows,
        data_hash=plan.data_hash,
        test=None if prepared.test is None else {"rows": prepared.test.n_rows, "hash": prepared.test_hash},
        quality=() if prepared.quality is None else [f.to_json() for f in prepared.quality.findings[:_KEPT]],
    )
    save_artifact(
        folder / MODEL,
        folder,
        choice.members,
        schema=dataset.schema,
        task=dataset.task,
        output=choice.output,
        facts=facts,
        registry=plan.registry,
    )


def _measure(plan: Plan, fitted: FittedModel, pace: Pace, folder: Path, observer: Observer) -> None:
    """Keep what features are worth in the manifest, as far as the time for it goes."""
    test = plan.prepared.test
    rows = plan.prepared.dataset if test is None or test.n_rows < 2 else test
    effort = Effort(most=MOST_FEATURES)  # the clock must not decide where only trials count
    if pace.measuring is not None and pace.end is not None:
        effort = Effort(deadline=min(time.monotonic() + pace.measuring, pace.end))
    try:
        update_manifest(folder / MODEL, {"effects": measure_effects(fitted, rows.table, effort)})
    except Exception as error:  # a plugin's model, asked once more; the model is saved, and is told without them
        observer.note(f"importances could not be measured: {type(error).__name__}: {error}")
        observer.raised("the importances of the features", error)


def _result(plan: Plan, saved: Saved, tested: Tested, folder: Path) -> FitResult:
    """Put together what the caller is told, and `result.json` keeps."""
    metric = plan.context.metric
    return FitResult(
        run=folder,
        model=folder / MODEL,
        task=plan.prepared.dataset.task.kind.value,
        metric=metric.name,
        greater_is_better=metric.greater_is_better,
        best_value=metric.best,
        cv_score=saved.choice.cv_score,
        test_score=tested.score,
        seconds=0.0,
        trials=len(Journal(folder).records()),
        members=tuple(
            {
                "number": member.record.number,
                "family": member.record.family,
                "params": dict(member.record.params),
                "models": len(member.record.models),
                "weight": member.weight,
                "cv_score": member.cv_score,
                "test_score": tested.alone.get(member.record.number),
            }
            for member in saved.choice.members
        ),
        notes=plan.prepared.notes,
        latency=saved.seconds,
    )
