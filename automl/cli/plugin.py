"""`automl plugin`: what authors of plugins need."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()


@app.callback(invoke_without_command=True)
def plugin(context: typer.Context) -> None:
    """Write a plugin of your own."""
    if context.invoked_subcommand is None:
        sys.stdout.write(context.get_help() + "\n")


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="What the family is to be called, such as gaussian-process.")],
    into: Annotated[Path, typer.Option(help="The folder to write into; default: this one.")] = Path(),
) -> None:
    """Write a distribution with one working family, its tests, README and CI, ready to be changed.

    [dim]automl plugin new gaussian-process[/dim]
    """
    from automl.cli.console import out
    from automl.plugin.registry import discover
    from automl.scaffold import Names, refuse_taken, write

    names = Names.of(name)
    refuse_taken(names, discover())
    folder = write(names, into)
    out.print(f"wrote    {folder}: the family {names.family}, its tests and its papers", markup=False)
    out.print(f"install  python -m pip install -e {shlex.quote(f'{folder}[test]')}", markup=False)
    out.print(f"test     python -m pytest {shlex.quote(str(folder))}", markup=False)
    out.print(f"change   {folder / 'src' / names.package / 'family.py'}", markup=False)
