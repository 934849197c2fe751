"""`automl log`: what a run decided, and why, for people."""

from __future__ import annotations

from typing import Annotated

import typer

from automl.cli import options


def log(
    run: options.RunFolder,
    only: Annotated[
        list[str] | None, typer.Option(help="An event to show, such as killed or chosen; may be repeated.")
    ] = None,
    family: Annotated[str | None, typer.Option(help="Show what concerns this family alone.")] = None,
) -> None:
    """Show what a run decided, and why: its run.log in readable lines."""
    from automl.cli.console import out
    from automl.runlog import as_text, read_log

    for line in read_log(run):
        if only and line.get("event") not in only:
            continue
        if family is not None and line.get("family") != family:
            continue
        out.print(as_text(line), markup=False)
