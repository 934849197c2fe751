"""`automl plugins`: what is installed, what it brings, and what is wrong with it."""

from __future__ import annotations

from typing import Annotated

import typer


def plugins(as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False) -> None:
    """List plugins with their families, inputs and status."""
    from rich.table import Table
    from rich.text import Text

    from automl.cli.console import out, print_json
    from automl.plugin.registry import discover

    found = discover().plugins
    if as_json:
        print_json(
            [
                {
                    "plugin": info.name,
                    "distribution": info.distribution,
                    "version": info.version,
                    "families": list(info.families),
                    "inputs": sorted(info.inputs),
                    "status": info.status,
                    "reason": info.reason,
                }
                for info in found
            ]
        )
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("plugin", "distribution", "version", "families", "inputs", "status"):
        table.add_column(title)
    for info in found:
        status = Text(info.status, style="green" if info.status == "available" else "red")
        if info.reason:
            status.append(f": {info.reason}", style="dim")
        table.add_row(
            info.name,
            info.distribution,
            info.version,
            ", ".join(info.families),
            ", ".join(sorted(info.inputs)),
            status,
        )
    out.print(table)
