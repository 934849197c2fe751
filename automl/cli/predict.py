"""`automl predict`: rows in, predictions out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from automl.cli import options

_NAMED = 20  # unknown columns that are named


def predict(
    model: options.ModelFolder,
    data: Annotated[Path, typer.Argument(help="The table with the rows to predict.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="CSV or Parquet file to write; default: CSV to the screen.")
    ] = None,
    images: options.Images = None,
    safe_csv: Annotated[
        bool,
        typer.Option(
            "--safe-csv", help="Write cells that a spreadsheet would run (=, +, -, @ …) with a ' before them."
        ),
    ] = False,
    input_limit: options.InputLimit = None,
) -> None:
    """Predict a column for new rows, in their order.

    [dim]automl predict RUN new.csv -o predictions.csv[/dim]
    """
    from automl.cli.console import err
    from automl.cli.plain import plain
    from automl.cli.safe_csv import escaped
    from automl.data.apply import extra_columns
    from automl.data.limits import InputLimits
    from automl.data.read import read_table
    from automl.engine import load
    from automl.errors import OptionError

    if output is not None and not output.absolute().parent.is_dir():
        raise OptionError(f"the folder of '{output}' does not exist: create it, or name another file")
    fitted = load(model)
    frame = read_table(data, InputLimits.of(input_limit or ()))
    extra = [name for name in extra_columns(frame, fitted.schema) if name != fitted.task.target]
    if extra:
        names = ", ".join(extra[:_NAMED]) + (f" and {len(extra) - _NAMED} more" if len(extra) > _NAMED else "")
        err.print(f"note: ignored columns that the model does not know: {plain(names)}", style="dim", markup=False)
    predictions = fitted.predict_frame(frame, images or data.parent)
    if output is not None and output.suffix == ".parquet":
        predictions.to_parquet(output, index=False)
        return
    (escaped(predictions) if safe_csv else predictions).to_csv(sys.stdout if output is None else output, index=False)
