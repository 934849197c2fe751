"""`automl fit`: from a file to a fitted ensemble."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from automl.cli import options
from automl.cli.main import INTERRUPTED, STARTED
from automl.errors import OptionError

if TYPE_CHECKING:
    from automl.cli.live import View
    from automl.options import FitOptions


def fit(  # noqa: PLR0913, PLR0917 - typer reads options from the signature
    data: Annotated[
        Path | None, typer.Argument(help="The table: CSV, Parquet, Feather or JSON lines; gz and zip too.")
    ] = None,
    target: options.Target = None,
    task: options.Task = None,
    metric: options.Metric = None,
    test: options.Test = None,
    test_size: options.TestSize = 0.15,
    folds: options.Folds = None,
    time_limit: options.TimeLimit = None,
    trials: options.Trials = None,
    jobs: options.Jobs = None,
    memory_limit: options.MemoryLimit = None,
    role: options.Role = None,
    drop: options.Drop = None,
    keep: options.Keep = None,
    repair: options.Repair = None,
    weight: options.Weight = None,
    group: options.Group = None,
    time: options.Time = None,
    images: options.Images = None,
    backbone: options.Backbone = None,
    input_limit: options.InputLimit = None,
    families: options.Families = None,
    exclude: options.Exclude = None,
    disable_plugin: options.DisablePlugin = None,
    selection: options.FeatureSelection = "auto",
    sampler: options.Sampler = "tpe",
    seed: options.Seed = 0,
    without: options.Without = None,
    fast: options.Fast = False,
    latency_limit: options.LatencyLimit = None,
    output: options.Output = None,
    resume: options.Resume = None,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Search for the best ensemble and save it.

    [dim]automl fit data.csv --target price --time-limit 60[/dim]
    """
    from automl.options import FitOptions
    from automl.plugin.registry import switch_off

    switch_off(disable_plugin or [])
    if resume is None and (data is None or target is None):
        raise OptionError("a fit needs a table and --target COLUMN, or --resume RUN to go on with a run")
    asked = FitOptions(
        target=target or "",
        task=task,
        metric=metric,
        output=output,
        time_limit=_seconds(time_limit) if resume is None else None,
        trials=trials,
        test=test,
        test_size=test_size,
        roles=_pairs(role or []),
        drop=tuple(drop or ()),
        keep=tuple(keep or ()),
        repair=_names(repair) or (),
        weight=weight,
        group=group,
        time=time,
        images=images,
        backbones=tuple(backbone or ()),
        input_limits=tuple(input_limit or ()),
        families=_names(families),
        exclude=_names(exclude) or (),
        selection=selection,
        folds=folds,
        seed=seed,
        jobs=jobs,
        sampler=sampler,
        memory_limit=memory_limit,
        without=_names(without) or (),
        fast=fast,
        latency_limit=latency_limit,
    )
    _run(data, asked, resume, time_limit, view=_view(quiet, as_json), as_json=as_json)


def _run(
    data: Path | None, asked: FitOptions, resume: Path | None, time_limit: str | None, *, view: View, as_json: bool
) -> None:
    """Fit on a table, or go on with a run; print the result."""
    from automl.cli.console import print_json
    from automl.cli.result import print_result
    from automl.engine import resume_fit, run_fit

    with view:
        if resume is not None:
            result = resume_fit(resume, time_limit, observer=view, started=STARTED)
        else:
            assert data is not None
            result = run_fit(data, asked, observer=view, started=STARTED)
    if as_json:
        print_json(result.to_json())
    else:
        print_result(result)
    if result.interrupted:
        raise typer.Exit(INTERRUPTED)


def _view(quiet: bool, as_json: bool) -> View:
    """Return what shows the progress: on standard error where the result is JSON on standard output."""
    from automl.cli.console import err, out
    from automl.cli.live import LiveView, PlainView, QuietView

    console = err if as_json else out
    if quiet:
        return QuietView(console)
    return LiveView(console) if console.is_terminal else PlainView(console)


def _names(values: list[str] | None) -> tuple[str, ...] | None:
    if not values:
        return None
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())


def _seconds(value: str | None) -> float | None:
    try:
        return None if value is None else float(value)
    except ValueError:
        raise OptionError(f"--time-limit {value}: must be a number of seconds, such as 60") from None


def _pairs(values: list[str]) -> dict[str, str]:
    pairs = {}
    for value in values:
        column, separator, role = value.rpartition("=")
        if not separator:
            raise OptionError(f"--role {value}: must look like COLUMN=ROLE, as in zip_code=categorical")
        pairs[column] = role
    return pairs
