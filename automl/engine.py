"""A fit from file to saved model: the only module that knows all the others."""

from __future__ import annotations

import functools
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from automl.artifact import load_artifact
from automl.data.quality.report import FILE as QUALITY
from automl.errors import RunError
from automl.finishing import choose, finish
from automl.fitted import FittedModel
from automl.leaderboard import RESULT
from automl.memory import available_bytes, own_bytes
from automl.options import FitOptions, FitResult
from automl.pacing import Pace
from automl.planning import Plan, describe, make_plan
from automl.plugin.registry import Registry, discover
from automl.refitting import Refitting
from automl.resources import Resources, early_imports, executor_for, wait_until_warm, warm_up
from automl.runfolder import discard_unbegun, held, mend_journals, new_run_folder, reserved, store, stored
from automl.runlog import RUN_LOG, RunLog
from automl.search.context import dump_context
from automl.search.coordinator import Search, SearchOptions
from automl.search.events import Budget
from automl.search.journal import Journal
from automl.search.observer import Observer, Observers
from automl.search.records import TrialRecord
from automl.search.study import open_storage
from automl.search.tactics import Tactics
from automl.session import Resumed, Session

if TYPE_CHECKING:
    import pandas as pd


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
    warm_up()
    session = Session.of(source, options, started)
    folder = new_run_folder(options.output, source)
    try:
        with held(folder), reserved(folder):
            return _run(session, folder, observer or Observer())
    finally:
        discard_unbegun(folder)


def resume_fit(
    folder: Path, extra: str | None = None, *, observer: Observer | None = None, started: float | None = None
) -> FitResult:
    """Go on with a run that was stopped, or that shall have more time.

    `extra` is the time limit: `"+600"` adds seconds from now, `"900"` is a new limit for the whole run, None keeps the
    old one. Finished trials are kept and none is run twice. Raise `RunError` where the run or its data are not there.
    """
    known = stored(folder)
    warm_up()
    session = Session.of(known.source, known.options, started)
    with held(folder), reserved(folder):
        mend_journals(folder)
        records = Journal(folder).records()
        session = replace(session, resumed=Resumed(known, records, extra, (folder / RESULT).exists()))
        return _run(session, folder, observer or Observer())


def load(path: Path | str) -> FittedModel:
    """Load a fitted model from a model folder or a run folder; no code from it is run."""
    return load_artifact(Path(path), discover())


def _run(session: Session, folder: Path, observer: Observer) -> FitResult:
    options, end = session.options, session.end
    observer = Observers(RunLog(folder / RUN_LOG), observer)
    run = _Run(session, folder, observer, Resources.of(options, observer))
    modules = early_imports(session.families.values())
    pool = executor_for(options, run.resources.workers, modules, folder)
    with pool as executor, tempfile.TemporaryDirectory() as private:
        plan = run.plan()
        refits = bool(plan.context.refitted) and "refit" not in options.without
        pace = Pace(None if end is None else end - session.started, session.started, bool(options.backbones), refits)
        run.tell_limits(end, pace.reserve(plan.n_test))
        context_path = Path(private) / "context.pickle"
        search = run.search(plan, pace, executor, context_path)
        finished = search.run()
        if not finished and search.interrupted:
            raise KeyboardInterrupt
        if not finished:
            raise RunError(_why_nothing(Journal(folder).records(), search.closed, options))
        if options.counted:  # no clock decides what goes into the model
            pace = replace(pace, limit=None)
        chosen = None
        if refits and not search.interrupted:
            refitting = run.refitting(executor, context_path, pace.refitted(plan.n_test))
            chosen = refitting.refitted(choose(plan, finished, options, observer, pace))
    if chosen is None:
        chosen = choose(plan, finished, options, observer, pace)
    result = finish(plan, chosen, options, folder, observer, pace)
    return replace(result, interrupted=search.interrupted)


@dataclass(frozen=True)
class _Run:
    """What the steps up to the search have in common."""

    session: Session
    folder: Path
    observer: Observer
    resources: Resources

    def plan(self) -> Plan:
        """Read the table and plan the search; keep in the run folder what was asked for and what the checks found."""
        session, observer = self.session, self.observer
        observer.phase("reading")
        for plugin in session.registry.plugins:
            if plugin.status == "unavailable":
                observer.note(f"the plugin {plugin.name} is left out: {plugin.reason}")
                if plugin.error is not None and not isinstance(plugin.error, ModuleNotFoundError):
                    observer.raised(f"the plugin {plugin.name}, as it was loaded", plugin.error)
        plan = make_plan(session.source, session.options, session.registry, session.families, self.folder, observer)
        if session.resumed is None:
            store(self.folder, session.source, plan.data_hash, session.options)
        elif session.resumed.known.data_hash != plan.data_hash:
            raise RunError(f"'{session.source}' is not the table that the run began with: start a new run")
        if plan.prepared.quality is not None:
            plan.prepared.quality.write(self.folder / QUALITY)
        return plan

    def tell_limits(self, end: float | None, finishing: float) -> None:
        """Tell what the run may use, when it ends, on `time.monotonic()`'s clock, and the seconds kept for the end."""
        self.observer.limits(end, self.session.options.trials)
        self.observer.event(
            Budget(
                memory=self.resources.memory,
                available=available_bytes() + own_bytes(),
                workers=self.resources.workers,
                seconds=None if end is None else end - time.monotonic(),
                finishing=None if end is None else finishing,
            )
        )

    def search(self, plan: Plan, pace: Pace, executor: Executor, context_path: Path) -> Search:
        """Make the search ready to run: workers that have read its context, and the trials of earlier processes."""
        options, resources, observer = self.session.options, self.resources, self.observer
        deadline = functools.partial(pace.searched, plan.n_test)
        resources.check_room()
        context = replace(plan.context, cache_bytes=resources.cache_bytes)
        dump_context(context, context_path)
        end = deadline()
        left = None if end is None else end - time.monotonic()
        wait_until_warm(executor, resources.workers, context_path, left)
        observer.phase("searching", describe(plan))
        search = Search(
            context,
            context_path,
            SearchOptions(
                deadline=deadline,
                trials=options.trials,
                workers=resources.workers,
                sampler=options.sampler,
                seed=options.seed,
                memory=resources.memory,
                tactics=Tactics.without(options.without),
            ),
            executor=executor,
            storage=open_storage(self.folder / "optuna.journal"),
            journal=Journal(self.folder),
            observer=observer,
            finished_hook=lambda record: _tell_plugins(self.session.registry, record, observer),
        )
        if self.session.resumed is not None:
            search.restore(self.session.resumed.records)
        return search

    def refitting(self, executor: Executor, context_path: Path, until: float | None) -> Refitting:
        """Make ready to fit members again by that time."""
        resources = self.resources
        return Refitting(executor, resources.workers, context_path, self.observer, until, resources.memory)


def _tell_plugins(registry: Registry, record: TrialRecord, observer: Observer) -> None:
    if registry.hook is None:
        return
    try:
        registry.hook.automl_trial_finished(record=record.to_json())
    except Exception as error:  # a listener must not end the run
        observer.note(f"a plugin's automl_trial_finished raised {type(error).__name__}: {error}")
        observer.raised("automl_trial_finished", error)


def _why_nothing(records: list[TrialRecord], closed: Mapping[str, str], options: FitOptions) -> str:
    failed = {f"{record.family}: {record.reason}" for record in records if record.reason}
    reasons = sorted(failed or {f"{name}: {why}" for name, why in closed.items()})
    if not reasons:
        return f"no trial finished within {options.seconds} s: give more time with --time-limit"
    return f"no trial succeeded: {'; '.join(reasons[:3])}; give more time or other families"
