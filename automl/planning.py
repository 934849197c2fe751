"""From options and a raw table to everything that a search needs: data, metric, folds, families."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl.data.dataset import Dataset, Profile
from automl.data.fingerprint import hash_frame, row_clusters
from automl.data.foldcount import FoldOptions
from automl.data.folds import FoldPlan
from automl.data.limits import InputLimits
from automl.data.prepare import DataOptions, Prepared, encode_rows, prepare
from automl.data.quality.inspect import Effort
from automl.data.quality.report import brief
from automl.data.read import read_table
from automl.data.schema import Role
from automl.data.split import Ties, plan_folds
from automl.errors import FamilyDeclined, RunError, unknown
from automl.features.noise import useful_few, without_noise
from automl.features.toolbox import AUTO, OFF, Toolbox
from automl.latency import Sample
from automl.metrics import Metric, default_metric, resolve_metric
from automl.options import FitOptions
from automl.plugin.backbone import check_needed
from automl.plugin.family import ModelFamily
from automl.plugin.patience import patience
from automl.plugin.registry import Registry
from automl.search.context import Context
from automl.search.events import Declined
from automl.search.log_target import LogScale, LogTargetFamily
from automl.search.observer import Observer
from automl.task import TaskKind

if TYPE_CHECKING:
    import pandas as pd

# The checks at the start of a fit: a second or two of a minute, on a sample.
CHECK_SECONDS, CHECK_SHARE = 2.0, 0.03
CHECK_ROWS, CHECK_CELLS = 10_000, 3_000_000
RANKING_SHARE = 0.1  # of a run's seconds that a worker may spend on ranking features
ANSWER_SECONDS = 5.0  # that a family may take to say whether it accepts the data


@dataclass(frozen=True)
class Plan:
    """What the data and the options come down to before the search; `sample` are rows to time predictions with."""

    prepared: Prepared
    context: Context
    registry: Registry
    data_hash: str
    sample: Sample

    @property
    def n_test(self) -> int:
        """How many rows were kept aside."""
        return 0 if self.prepared.test is None else self.prepared.test.n_rows


def make_plan(
    source: Path | str | pd.DataFrame,
    options: FitOptions,
    registry: Registry,
    families: Mapping[str, ModelFamily],
    folder: Path,
    observer: Observer,
) -> Plan:
    """Read and prepare the data, decide how to judge, and ask each family whether it takes part."""
    limits = InputLimits.of(options.input_limits)
    frame = read_table(source, limits) if isinstance(source, str | Path) else source
    test = read_table(options.test, limits) if isinstance(options.test, str | Path) else options.test
    data_options = _data_options(options, source)
    prepared = _prepared(frame, test, data_options, options)
    metric = _metric(options.metric, prepared.dataset.task.kind, registry)
    dataset = prepared.dataset
    dataset = replace(dataset, task=replace(dataset.task, metric=metric.name))
    prepared = replace(prepared, dataset=dataset)
    observer.judged_by(metric)
    _tell(prepared, observer)
    selection = _selection(options, registry)
    useful = None if selection == OFF else useful_few(dataset)
    seen = dataset if useful is None else without_noise(dataset, useful)
    folds = _folds(dataset, options, len(seen.schema.used))
    observer.note(_judging(folds))
    if options.without:
        observer.note(f"Parts of the engine are left out, as asked: {', '.join(options.without)}.")
    if useful is not None:
        observer.note("Most columns look like noise: those no better than chance are left out, in every fold.")
    profile = Profile.of(seen, options.seconds_that_decide, len(folds.folds))
    taking_part = _taking_part(families, dataset, profile, options, observer)
    toolbox = _toolbox(options, registry, selection, screens=useful is not None)
    context = Context(dataset, folds, metric, taking_part, profile, folder.resolve(), toolbox=toolbox)
    sample = Sample.of(frame, [column.name for column in dataset.schema.used], data_options.folder)
    return Plan(prepared, context, registry, hash_frame(frame), sample)


def _prepared(
    frame: pd.DataFrame, test: pd.DataFrame | None, data_options: DataOptions, options: FitOptions
) -> Prepared:
    """Prepare the table; a test table of its own is encoded as the training rows say."""
    prepared = prepare(frame, data_options, test)
    if test is None:
        return prepared
    test_options = replace(data_options, folder=_image_folder(options, options.test))
    rows = encode_rows(test, prepared.dataset.schema, prepared.dataset.task, test_options)
    return replace(prepared, test=rows, test_hash=hash_frame(test))


def _folds(dataset: Dataset, options: FitOptions, n_columns: int) -> FoldPlan:
    return plan_folds(
        dataset.task,
        dataset.y,
        n_columns=n_columns,
        seed=options.seed,
        ties=Ties(dataset.groups, dataset.times, row_clusters(dataset.table)),
        options=FoldOptions(
            options.seconds_that_decide,
            options.folds,
            texts=len(dataset.schema.of(Role.TEXT)),
            images=len(dataset.schema.of(Role.IMAGE)),
            sequences=bool(dataset.schema.of(Role.SEQUENCE)),
        ),
    )


def _tell(prepared: Prepared, observer: Observer) -> None:
    """Say what became of the data, and the gravest of what was found about them."""
    for note in prepared.notes:
        observer.note(note)
    if prepared.quality is not None:
        for line in brief(prepared.quality):
            observer.note(line)


def _selection(options: FitOptions, registry: Registry) -> str:
    """Return how features are selected."""
    selection = OFF if "selection" in options.without else options.selection
    if selection not in {AUTO, OFF} and selection not in registry.selectors:
        raise unknown("selection", selection, [AUTO, OFF, *registry.selectors])
    return selection


def _toolbox(options: FitOptions, registry: Registry, selection: str, screens: bool) -> Toolbox:
    """Gather what all encodings share."""
    limit = options.seconds_that_decide
    seconds = None if limit is None else limit * RANKING_SHARE
    derive = "features" not in options.without
    return Toolbox(dict(registry.selectors), dict(registry.encoders), selection, screens, seconds, derive)


def _data_options(options: FitOptions, source: object) -> DataOptions:
    return DataOptions(
        target=options.target,
        kind=TaskKind.of(options.task),
        roles={name: _role(role) for name, role in options.roles.items()},
        drop=options.drop,
        keep=options.keep,
        weight=options.weight,
        group=options.group,
        time=options.time,
        folder=_image_folder(options, source),
        test_size=0.0 if options.test is not None else options.test_size,
        seed=options.seed,
        repair=options.repair,
        check=_effort(options),
    )


def _effort(options: FitOptions) -> Effort:
    seconds = CHECK_SECONDS if options.seconds is None else min(CHECK_SECONDS, CHECK_SHARE * options.seconds)
    return Effort(seconds, CHECK_ROWS, CHECK_CELLS, options.seed)


def _image_folder(options: FitOptions, source: object) -> Path | None:
    if options.images is not None:
        return Path(options.images)
    return Path(source).parent if isinstance(source, str | Path) else None


def _role(role: Role | str) -> Role:
    try:
        return Role(role)
    except ValueError:
        raise unknown("role", role, [known.value for known in Role]) from None


def _metric(wanted: Any, kind: TaskKind, registry: Registry) -> Metric:
    return default_metric(kind) if wanted is None else resolve_metric(wanted, kind, registry.metrics)


def _taking_part(
    families: Mapping[str, ModelFamily], dataset: Dataset, profile: Profile, options: FitOptions, observer: Observer
) -> dict[str, ModelFamily]:
    """Return the families that accept the data; where the target is skewed, their models may learn its logarithm."""
    check_needed(families.values(), profile)
    accepted = _accepted(families, dataset, profile, observer, named=options.families is not None)
    scale = None if "log_target" in options.without else LogScale.of_dataset(dataset)
    if scale is None:
        return accepted
    observer.note("The target is skewed: models may learn its logarithm instead.")
    return {name: LogTargetFamily(family, scale) for name, family in accepted.items()}


def _accepted(
    families: Mapping[str, ModelFamily], dataset: Dataset, profile: Profile, observer: Observer, *, named: bool
) -> dict[str, ModelFamily]:
    accepted: dict[str, ModelFamily] = {}
    declined: dict[str, list[str]] = {}  # families by reason
    for name, family in families.items():
        try:
            with patience(ANSWER_SECONDS):
                _accepts(family, dataset, profile, named)
            accepted[name] = family
            continue
        except FamilyDeclined as error:
            reason = str(error)
        except Exception as error:  # a plugin that raises anything else declines as well
            reason = f"it raised {type(error).__name__}: {error}"
            observer.raised(f"{name}: asked whether it accepts the data", error)
        declined.setdefault(reason, []).append(name)
        observer.event(Declined(name, reason))
    notes = [f"{_listed(names)} left out: {reason}" for reason, names in declined.items()]
    for note in notes:
        observer.note(note)
    if not accepted:
        raise RunError(f"no model family accepts this data: {'; '.join(notes)}")
    return accepted


def _accepts(family: ModelFamily, dataset: Dataset, profile: Profile, named: bool) -> None:
    """Raise `FamilyDeclined` where a family does not take part; one that the user `named` is not held back."""
    if dataset.task.kind not in family.tasks:
        raise FamilyDeclined(f"does not do {dataset.task.kind} tasks")
    if not any(profile.count(role) for role in family.inputs):
        raise FamilyDeclined(f"reads {', '.join(sorted(family.inputs))} columns, of which there are none")
    family.accepts(dataset.task, profile)
    held_back = None if named else family.held_back(dataset.task, profile)
    if held_back is not None:
        raise FamilyDeclined(f"{held_back}; --families names what to try")


def _listed(names: Sequence[str]) -> str:
    """Name families as the subject of a sentence."""
    *others, last = names
    return f"{', '.join(others)} and {last} are" if others else f"{last} is"


def _judging(plan: FoldPlan) -> str:
    """Say how trials will be judged."""
    if len(plan.folds) == 1:
        return f"Trials are judged on {len(plan.folds[0].score):,} rows held out: {plan.reason}."
    times = f", {plan.repeats} times" if plan.repeats > 1 else ""
    return f"Trials are judged by cross-validation{times}, {plan.kind}: {plan.reason}."


def describe(plan: Plan) -> str:
    """Say in a line what is about to be searched."""
    dataset, context = plan.prepared.dataset, plan.context
    used = len(dataset.schema.used)
    return (
        f"{dataset.task.kind} on {dataset.n_rows:,} rows, {used} columns, {len(context.plan.folds)} folds, "
        f"{len(context.families)} families"
    )
