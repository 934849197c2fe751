"""`automl fit`: from a file to a fitted ensemble."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated, Any

import typer

from automl.cli.main import INTERRUPTED, STARTED


def fit(  # noqa: PLR0913, PLR0917 - typer reads options from the signature
    data: Annotated[
        Path | None, typer.Argument(help="The table: CSV, Parquet, Feather or JSON lines; gz and zip too.")
    ] = None,
    target: Annotated[str | None, typer.Option("--target", "-t", help="The column to predict.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Run folder; default automl_runs/<table>-<time>.")
    ] = None,
    time_limit: Annotated[
        str | None,
        typer.Option(help="Seconds of wall clock from start to saved model; default 300, none with --trials."),
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(help="Go on with the run in this folder; --time-limit +600 adds time.")
    ] = None,
    trials: Annotated[
        int | None, typer.Option(help="Try exactly this many configurations; reproducible bit for bit.")
    ] = None,
    task: Annotated[str | None, typer.Option(help="binary, multiclass or regression; inferred by default.")] = None,
    metric: Annotated[str | None, typer.Option(help="What to optimise; roc_auc, log_loss or rmse by default.")] = None,
    test: Annotated[Path | None, typer.Option(help="A table to test on, instead of a part of DATA.")] = None,
    test_size: Annotated[
        float, typer.Option(help="Share of the rows kept aside for the final test; 0 for none.")
    ] = 0.15,
    role: Annotated[
        list[str] | None, typer.Option(help="COLUMN=ROLE overrides an inferred role; may be repeated.")
    ] = None,
    drop: Annotated[list[str] | None, typer.Option(help="A column to ignore; may be repeated.")] = None,
    keep: Annotated[
        list[str] | None, typer.Option(help="A column to keep that would be dropped; may be repeated.")
    ] = None,
    repair: Annotated[
        list[str] | None,
        typer.Option(
            help="Repairs to make, comma-separated or repeated: hidden, numbers, spellings, typos, units, dates, "
            "outliers, duplicates, correlated, leaks. `automl check` says which would do something."
        ),
    ] = None,
    weight: Annotated[str | None, typer.Option(help="Column of sample weights.")] = None,
    group: Annotated[str | None, typer.Option(help="Column whose groups no fold may split.")] = None,
    time: Annotated[
        str | None, typer.Option(help="Column that orders rows in time; folds then look forward only.")
    ] = None,
    images: Annotated[
        Path | None, typer.Option(help="Folder that image paths start from; default: the table's.")
    ] = None,
    backbone: Annotated[
        list[Path] | None,
        typer.Option(
            help="Folder of pretrained weights to start from: a transformers checkpoint for texts, a timm one for "
            "images; may be repeated."
        ),
    ] = None,
    input_limit: Annotated[
        list[str] | None,
        typer.Option(help="NAME=SIZE raises a limit of the input: bytes, expansion, columns or cell; may be repeated."),
    ] = None,
    families: Annotated[
        list[str] | None, typer.Option(help="Model families to try, comma-separated or repeated.")
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(help="Model families to leave out, comma-separated or repeated.")
    ] = None,
    selection: Annotated[
        str, typer.Option(help="How features are selected: auto, off, gain, information or backward, or a plugin's.")
    ] = "auto",
    disable_plugin: Annotated[
        list[str] | None, typer.Option(help="A plugin to leave out; may be repeated. `automl plugins` lists them.")
    ] = None,
    folds: Annotated[int | None, typer.Option(help="Number of folds; chosen by size by default.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", help="Worker processes; default: cores.")] = None,
    sampler: Annotated[str, typer.Option(help="tpe, random, grid or gp.")] = "tpe",
    memory_limit: Annotated[
        str | None, typer.Option(help="What the run may hold: 8GiB, or 50% of what is available; default 80%.")
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(
            help="A part of the engine to do without, to measure what it earns; may be repeated: portfolio, allocator, "
            "studies, selection, features, ensemble, large_ensembles, calibration, copies, early_stopping."
        ),
    ] = None,
    fast: Annotated[
        bool, typer.Option("--fast", help="Save one model, or as few as give up at most 1% of the ensemble's score.")
    ] = False,
    latency_limit: Annotated[
        float | None,
        typer.Option(help="Milliseconds that a single row may take to predict, warm, as measured on the saved model."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but the result.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")] = False,
) -> None:
    """Search for the best ensemble and save it.

    [dim]automl fit data.csv --target price --time-limit 60[/dim]
    """
    from automl.cli.console import err, out, print_json
    from automl.cli.live import LiveView, PlainView, QuietView, View
    from automl.engine import resume_fit, run_fit
    from automl.errors import OptionError
    from automl.options import FitOptions
    from automl.plugin.registry import switch_off

    switch_off(disable_plugin or [])
    if resume is None and (data is None or target is None):
        raise OptionError("a fit needs a table and --target COLUMN, or --resume RUN to go on with a run")
    options = FitOptions(
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
    console = err if as_json else out
    view: View = QuietView(console) if quiet else LiveView(console) if console.is_terminal else PlainView(console)
    with view if isinstance(view, LiveView) else contextlib.nullcontext():
        if resume is not None:
            result = resume_fit(resume, time_limit, observer=view, started=STARTED)
        else:
            assert data is not None
            result = run_fit(data, options, observer=view, started=STARTED)
    if as_json:
        print_json(result.to_json())
    else:
        _print_result(result)
    if result.interrupted:
        raise typer.Exit(INTERRUPTED)


def _names(values: list[str] | None) -> tuple[str, ...] | None:
    if not values:
        return None
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())


def _seconds(value: str | None) -> float | None:
    from automl.errors import OptionError

    try:
        return None if value is None else float(value)
    except ValueError:
        raise OptionError(f"--time-limit {value}: must be a number of seconds, such as 60") from None


def _pairs(values: list[str]) -> dict[str, str]:
    from automl.errors import OptionError

    pairs = {}
    for value in values:
        column, separator, role = value.rpartition("=")
        if not separator:
            raise OptionError(f"--role {value}: must look like COLUMN=ROLE, as in zip_code=categorical")
        pairs[column] = role
    return pairs


def _print_result(result: Any) -> None:
    from rich.table import Table
    from rich.text import Text

    from automl.cli.console import duration, number, out

    name = result.metric
    test = "" if result.test_score is None else f"   test {name} [bold green]{number(result.test_score)}[/]"
    out.print()
    out.print(f"[bold]{result.task}[/], cross-validated {name} [bold]{number(result.cv_score)}[/]{test}")
    speed = "" if result.latency is None else f"; a row takes {1000 * result.latency:.3g} ms"
    size = "" if result.size is None else f"; the model has {result.size / 2**20:.2g} MiB"
    out.print(f"[dim]{result.trials} trials in {duration(result.seconds)}{speed}{size}[/]")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("weight", "family", name, "parameters"):
        table.add_column(title, justify="right" if title in {"weight", name} else "left")
    for member in result.members:
        params = ", ".join(f"{key}={_short(value)}" for key, value in member["params"].items())
        table.add_row(
            f"{member['weight']:.2f}",
            member["family"],
            number(member["cv_score"]),
            Text(params, style="dim", overflow="ellipsis", no_wrap=True),
        )
    out.print(table)
    out.print(f"model    {result.model}", markup=False)
    out.print(f"predict  automl predict {result.run} NEW.csv -o predictions.csv", markup=False)


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
