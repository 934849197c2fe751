"""A fit from file to saved model: the only module that knows all the others."""

from __future__ import annotations

import contextlib
import importlib
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl.artifact import load_artifact
from automl.data.apply import to_table
from automl.data.prepare import DataOptions, encode_rows
from automl.data.quality.report import FILE as QUALITY
from automl.data.read import read_table
from automl.errors import AutoMLError, OptionError, RunError
from automl.finishing import finish
from automl.fitted import FittedModel
from automl.importance import Effort, describe_features, measure_effects
from automl.leaderboard import RESULT
from automl.memory import DEFAULT_LIMIT, as_size, available_bytes, own_bytes, parse_limit
from automl.metrics import metrics_for, resolve_metric
from automl.options import FitOptions, FitResult
from automl.pacing import Pace
from automl.planning import describe, make_plan
from automl.plugin.backbone import equip
from automl.plugin.family import ModelFamily
from automl.plugin.registry import Registry, discover, select
from automl.runfolder import Stored, discard_unbegun, held, mend_journals, new_run_folder, reserved, store, stored
from automl.runlog import RUN_LOG, RunLog
from automl.search.coordinator import Search, SearchOptions
from automl.search.crossfit import dump_context, warm_context
from automl.search.events import Budget
from automl.search.inline import InlineExecutor
from automl.search.journal import Journal
from automl.search.observer import Observer, Observers
from automl.search.records import TrialRecord
from automl.search.study import open_storage
from automl.search.tactics import Tactics
from automl.search.workers import WorkerPool

if TYPE_CHECKING:
    import pandas as pd

WORKER_BYTES = 350 * 2**20  # that a worker needs to be of use: its libraries and a small table
IMPORT_SHARE, IMPORT_LEAST = 0.1, 3.0  # of the time limit, and seconds, that plugins may take to be imported
FINISHING = 6.0  # seconds at least for a resumed run that has no model yet
WARM_SHARE = 0.2  # of the search's time that the first worker to be warm waits for the others
CACHE_BYTES = 2**30  # of encoded folds, in each worker
JOBS = "automl.search.crossfit"
WARM = (JOBS, "lightgbm", "sklearn.ensemble", "sklearn.linear_model")


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
    session = _session(source, options, started)
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
    session = _session(known.source, known.options, started)
    with held(folder), reserved(folder):
        mend_journals(folder)
        records = Journal(folder).records()
        session = replace(session, resumed=_Resumed(known, records, extra, (folder / RESULT).exists()))
        return _run(session, folder, observer or Observer())


def _patience(limit: float | None) -> float | None:
    """Return the seconds that a run may wait for its plugins to be imported."""
    return None if limit is None else max(IMPORT_LEAST, limit * IMPORT_SHARE)


@dataclass(frozen=True)
class _Resumed:
    """What an earlier process left, and the time limit that is asked for now."""

    known: Stored
    records: list[TrialRecord]
    extra: str | None
    ended: bool = True

    def seconds(self, limit: float | None) -> float | None:
        """Return the seconds from now until the run shall end, None for no limit."""
        spent = max((record.elapsed for record in self.records), default=0.0)
        if self.extra is None:
            left = None if limit is None else limit - spent
        else:
            try:
                left = float(self.extra) - (0.0 if self.extra.startswith("+") else spent)
            except ValueError:
                raise OptionError(f"time limit '{self.extra}': must be seconds, or +seconds to add some") from None
        if left is not None and not self.ended:  # killed after the search: what is left to do is its model
            left = max(left, FINISHING)
        if left is not None and left < 1:
            raise OptionError(f"the run has used its time limit ({spent:.0f} s): add some by --time-limit +600")
        return left


@dataclass(frozen=True)
class _Session:
    """One process's part in a run."""

    source: Any
    options: FitOptions
    registry: Registry
    families: Mapping[str, ModelFamily]
    started: float
    resumed: _Resumed | None = None

    @property
    def end(self) -> float | None:
        """When the run shall end, on `time.monotonic()`'s clock."""
        limit = self.options.seconds
        seconds = limit if self.resumed is None else self.resumed.seconds(limit)
        return None if seconds is None else self.started + seconds


def _session(source: Any, options: FitOptions, started: float | None) -> _Session:
    started = time.monotonic() if started is None else started
    threading.Thread(target=_warm_up, daemon=True).start()
    registry = _with_extra(discover(patience=_patience(options.seconds)), options)
    chosen = select(registry, options.families, options.exclude)
    absent = (f"the plugin '{p.name}' is {p.status}: {p.reason}" for p in registry.plugins if p.reason)
    families = equip(registry.families, chosen, map(Path, options.backbones), absent)
    return _Session(source, options, registry, families, started)


def _run(session: _Session, folder: Path, observer: Observer) -> FitResult:
    options, end = session.options, session.end
    observer = Observers(RunLog(folder / RUN_LOG), observer)
    memory = _memory(options, observer)
    workers = 1 if options.backend == "inline" else _workers_for(options.jobs or _cores(), memory)
    modules = early_imports(session.families.values())
    with _executor(options, workers, modules, folder) as executor, tempfile.TemporaryDirectory() as private:
        observer.phase("reading")
        for plugin in session.registry.plugins:
            if plugin.status == "unavailable":
                observer.note(f"the plugin {plugin.name} is left out: {plugin.reason}")
        plan = make_plan(session.source, options, session.registry, session.families, folder, observer)
        if session.resumed is None:
            store(folder, session.source, plan.data_hash, options)
        elif session.resumed.known.data_hash != plan.data_hash:
            raise RunError(f"'{session.source}' is not the table that the run began with: start a new run")
        if plan.prepared.quality is not None:
            plan.prepared.quality.write(folder / QUALITY)
        pace = Pace(None if end is None else end - session.started, session.started, bool(options.backbones))
        n_test = 0 if plan.prepared.test is None else plan.prepared.test.n_rows
        deadline = None if end is None else end - pace.reserve(n_test)
        observer.limits(end, options.trials)
        observer.event(
            Budget(
                memory=memory,
                available=available_bytes() + own_bytes(),
                workers=workers,
                seconds=None if end is None else end - time.monotonic(),
                finishing=None if end is None or deadline is None else end - deadline,
            )
        )
        context_path = Path(private) / "context.pickle"
        _check_room(memory)
        context = replace(plan.context, cache_bytes=min(CACHE_BYTES, memory // (4 * workers)))
        dump_context(context, context_path)
        _wait_until_warm(executor, workers, context_path, None if deadline is None else deadline - time.monotonic())
        observer.phase("searching", describe(plan))
        search = Search(
            context,
            context_path,
            SearchOptions(
                deadline,
                options.trials,
                workers,
                options.sampler,
                options.seed,
                memory,
                Tactics.without(options.without),
            ),
            executor=executor,
            storage=open_storage(folder / "optuna.journal"),
            journal=Journal(folder),
            observer=observer,
            finished_hook=lambda record: _tell_plugins(session.registry, record, observer),
        )
        if session.resumed is not None:
            search.restore(session.resumed.records)
        finished = search.run()
    if not finished and search.interrupted:
        raise KeyboardInterrupt
    if not finished:
        raise RunError(_why_nothing(Journal(folder).records(), search.closed, options))
    result = finish(plan, finished, options, folder, observer, pace)
    return replace(result, interrupted=search.interrupted)


def load(path: Path | str) -> FittedModel:
    """Load a fitted model from a model folder or a run folder; no code from it is run."""
    return load_artifact(Path(path), discover())


def features_of(path: Path | str, data: Path | str | None = None) -> list[dict[str, Any]]:
    """Describe a saved model's features, see `automl.importance`; measure them on the rows of `data`, if given."""
    fitted = load(path)
    effects = fitted.manifest.get("effects")
    if data is not None:
        table = to_table(read_table(data), fitted.schema, folder=Path(data).parent)
        effects = measure_effects(fitted, table, Effort())
    return describe_features(fitted, {str(name): float(effect) for name, effect in (effects or {}).items()})


def evaluate_model(
    fitted: FittedModel, frame: pd.DataFrame, names: list[str] | None = None, folder: Path | None = None
) -> dict[str, float]:
    """Score a model on rows with known targets; by default with every metric that fits the task, its own first.

    Image paths start from `folder`.
    """
    kind = fitted.task.kind
    extra = discover().metrics
    wanted = names or [fitted.task.metric, *metrics_for(kind)]
    rows = encode_rows(frame, fitted.schema, fitted.task, DataOptions(target=fitted.task.target, folder=folder))
    prediction = fitted.predict_table(rows.table)
    scores = {}
    for name in dict.fromkeys(wanted):
        try:
            metric = resolve_metric(name, kind, extra)
            scores[name] = metric.score(rows.y, prediction, rows.weights, fitted.output.decision)
        except AutoMLError:
            if names:  # what was asked for by name must not go missing in silence
                raise
    return scores


def _warm_up() -> None:
    """Import what the end of the run needs while the data is being read and workers search."""
    for module in WARM:
        with contextlib.suppress(Exception):  # whoever needs it will meet the error, and can tell it
            importlib.import_module(module)


def _wait_until_warm(executor: Executor, workers: int, context_path: Path, seconds: float | None) -> None:
    """Let every worker finish its imports and read the context, so that no trial pays for it from its own time."""
    calls = [executor.submit(warm_context, context_path) for _ in range(workers)]
    wait(calls, timeout=seconds, return_when=FIRST_COMPLETED)  # before that, nothing could run anyway
    wait(calls, timeout=None if seconds is None else seconds * WARM_SHARE)


def early_imports(families: Iterable[ModelFamily]) -> tuple[str, ...]:
    """Return the modules that workers load while the table is read: what all of these families import, or most do."""
    named = [family.imports for family in families]
    shared = set(named[0]).intersection(*named[1:]) if named else set()
    return (JOBS, *sorted(shared)) if shared else WARM


def _cores() -> int:
    """Count the cores that this process may use, container limits included."""
    import joblib

    return int(joblib.cpu_count())


def _with_extra(registry: Registry, options: FitOptions) -> Registry:
    if not options.extra_families:
        return registry
    extra = {family.name: family for family in options.extra_families}
    return replace(registry, families={**registry.families, **extra})


@contextlib.contextmanager
def _executor(options: FitOptions, workers: int, modules: tuple[str, ...], folder: Path) -> Iterator[Executor]:
    if options.backend == "inline":
        yield InlineExecutor()
        return
    pool = WorkerPool(workers, threads=1, modules=modules, log=folder / "workers.log")
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _memory(options: FitOptions, observer: Observer) -> int:
    """Return the bytes that the run may hold, this process included."""
    available = available_bytes() + own_bytes()
    wanted = parse_limit(str(options.memory_limit or DEFAULT_LIMIT)).bytes_of(available)
    if wanted > available:
        observer.note(f"The memory limit is {as_size(available)}, which is all there is: {as_size(wanted)} were asked.")
    return min(wanted, available)


def _workers_for(wanted: int, memory: int) -> int:
    """Return how many workers have room in memory: fewer than wanted where their libraries alone would fill it."""
    return max(1, min(wanted, (memory - own_bytes()) // WORKER_BYTES))


def _check_room(memory: int) -> None:
    """Raise `RunError` where this process leaves no room for a worker."""
    own = own_bytes()
    if own + WORKER_BYTES / 2 > memory:
        raise RunError(
            f"this process alone, the table included, holds {as_size(own)} of the memory limit of {as_size(memory)}, "
            "which leaves no room for models: raise --memory-limit, or give fewer rows"
        )


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
