"""`automl features`: what a model learns from, and what each feature is worth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from automl.cli import options


def features(
    model: options.ModelFolder,
    data: Annotated[
        Path | None, typer.Option(help="Measure all importances anew on rows of this table; targets are not needed.")
    ] = None,
    limit: options.RowLimit = 40,
    as_json: options.JsonList = False,
) -> None:
    """List every feature of a model: what it is made of, its importance, whether it is used and why not."""
    from automl.cli.console import out, print_json
    from automl.engine import load
    from automl.evaluation import features_of

    found = features_of(load(model), data)
    if as_json:
        print_json(found)
        return
    shown = found[:limit] if limit else found
    out.print(_table(shown))
    if len(found) > len(shown):
        out.print(f"[dim]{len(found) - len(shown)} more: --limit 0 shows all[/]")


def _table(rows: list[dict[str, Any]]) -> Any:
    from rich.table import Table
    from rich.text import Text

    from automl.cli.plain import plain

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("feature", "made of", "how", "importance", "kept", ""):
        table.add_column(title, justify="right" if title in {"importance", "kept"} else "left")
    for row in rows:
        importance = row["importance"]
        columns = ", ".join(row["columns"])
        table.add_row(
            Text(plain(row["feature"])),
            Text("" if columns == row["feature"] else plain(columns), style="dim"),
            row["how"],
            "–" if importance is None else f"{importance:.1%}",
            f"{row['kept']:.0%}",
            Text(row["reason"], style="dim"),
        )
    return table
