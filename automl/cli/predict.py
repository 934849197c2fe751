"""`automl predict`: rows in, predictions out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def predict(
    model: Annotated[Path, typer.Argument(help="A model folder or a run folder.")],
    data: Annotated[Path, typer.Argument(help="The table with the rows to predict.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="CSV or Parquet file to write; default: CSV to the screen.")
    ] = None,
    images: Annotated[Path | None, typer.Option(help="Folder that image paths start from; default: DATA's.")] = None,
) -> None:
    """Predict a column for new rows, in their order.

    [dim]automl predict RUN new.csv -o predictions.csv[/dim]
    """
    from automl.cli.console import err
    from automl.data.apply import extra_columns
    from automl.data.read import read_table
    from automl.engine import load
    from automl.errors import OptionError

    if output is not None and not output.absolute().parent.is_dir():
        raise OptionError(f"the folder of '{output}' does not exist: create it, or name another file")
    fitted = load(model)
    frame = read_table(data)
    extra = [name for name in extra_columns(frame, fitted.schema) if name != fitted.task.target]
    if extra:
        err.print(f"note: ignored columns that the model does not know: {', '.join(extra)}", style="dim")
    predictions = fitted.predict_frame(frame, images or data.parent)
    if output is None:
        predictions.to_csv(sys.stdout, index=False)
    elif output.suffix == ".parquet":
        predictions.to_parquet(output, index=False)
    else:
        predictions.to_csv(output, index=False)
