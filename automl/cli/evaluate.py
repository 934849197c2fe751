"""`automl evaluate`: judge a model on rows with known targets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from automl.cli import options


def evaluate(
    model: options.ModelFolder,
    data: Annotated[Path, typer.Argument(help="A table with the model's columns and the target.")],
    metric: Annotated[
        list[str] | None, typer.Option(help="Metrics to report, comma-separated or repeated; default: all that fit.")
    ] = None,
    images: options.Images = None,
    input_limit: options.InputLimit = None,
    as_json: options.Json = False,
) -> None:
    """Score a model on a table whose targets are known."""
    from rich.table import Table

    from automl.cli.console import number, out, print_json
    from automl.data.limits import InputLimits
    from automl.data.read import read_table
    from automl.engine import load
    from automl.evaluation import evaluate_model

    names = [name for value in metric or [] for name in value.split(",")]
    scores = evaluate_model(
        load(model), read_table(data, InputLimits.of(input_limit or ())), names, images or data.parent
    )
    if as_json:
        print_json(scores)
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("metric")
    table.add_column("score", justify="right")
    for name, score in scores.items():
        table.add_row(name, number(score))
    out.print(table)
