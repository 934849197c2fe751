"""`automl plugins`: what is installed, what it brings, what is wrong with it, and whether it keeps the contract."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from automl.cli import options

if TYPE_CHECKING:
    from automl.plugin import ModelFamily
    from automl.plugin.registry import PluginInfo, Registry
    from automl.testing import Outcome

app = typer.Typer()

_FAILED = 1
_STYLES = {"passed": "green", "expected failure": "yellow", "failed": "bold red", "unexpected pass": "bold red"}


@app.callback(invoke_without_command=True)
def plugins(
    context: typer.Context,
    as_json: options.JsonList = False,
    disable_plugin: options.DisablePlugin = None,
) -> None:
    """List plugins with their families, inputs and status; check one."""
    from automl.plugin.registry import discover, switch_off

    switch_off(disable_plugin or [])
    if context.invoked_subcommand is None:
        _list(discover().plugins, as_json)


@app.command("check")
def check(
    name: Annotated[str, typer.Argument(help="A plugin, or a family.")],
    backbone: options.Backbone = None,
    as_json: options.JsonList = False,
) -> None:
    """Run the conformity checks of automl.testing on an installed plugin; the exit code is 1 where one fails.

    [dim]automl plugins check lightgbm[/dim]
    """
    import warnings

    from automl.cli.console import print_json
    from automl.testing.suite import CHECKS, check_name, expected, run_check

    outcomes = []
    for family in _families(name, backbone or []):
        reasons = expected(family)
        if not as_json:
            _print_heading(family.name)
        for one in CHECKS:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                outcomes.append(run_check(family, one, reasons.get(check_name(one), "")))
            if not as_json:
                _print_outcome(outcomes[-1])
    wrong = sum(not outcome.fine for outcome in outcomes)
    if as_json:
        print_json([asdict(outcome) for outcome in outcomes])
    else:
        _print_sum(len(outcomes), wrong, sum(outcome.seconds for outcome in outcomes))
    if wrong:
        raise typer.Exit(_FAILED)


def _families(name: str, backbones: list[Path]) -> list[ModelFamily]:
    """Return a plugin's families, or the family of this name; raise `OptionError` where there is none to check."""
    from automl.plugin.backbone import equip
    from automl.plugin.registry import discover

    registry = discover()
    names = _names(name, registry)
    return list(equip(registry.families, {one: registry.families[one] for one in names}, backbones, ()).values())


def _names(name: str, registry: Registry) -> tuple[str, ...]:
    """Return the names of a plugin's families, or of the family of this name."""
    from automl.errors import OptionError, unknown

    info = next((info for info in registry.plugins if info.name == name), None)
    if info is None:
        if name not in registry.families:
            raise unknown("plugin", name, {*registry.families, *(info.name for info in registry.plugins)})
        return (name,)
    if info.status != "available":
        raise OptionError(f"plugin '{name}' cannot be checked, it is {info.status}: {info.reason}")
    if not info.families:
        raise OptionError(f"plugin '{name}' brings no family to check")
    return info.families


def _print_heading(family: str) -> None:
    from automl.cli.console import out

    out.print(f"\n[bold]{family}[/]\n[dim]{'check':<28}{'outcome':<18}{'seconds':>7}  reason[/]")


def _print_outcome(outcome: Outcome) -> None:
    from rich.text import Text

    from automl.cli.console import out

    line = Text(f"{outcome.check:<28}")
    line.append(f"{outcome.status:<18}", style=_STYLES[outcome.status])
    line.append(f"{outcome.seconds:>7.2f}")
    if outcome.reason:
        line.append(f"  {' '.join(outcome.reason.split())[:400]}", style="dim")
    out.print(line)


def _print_sum(count: int, wrong: int, seconds: float) -> None:
    from automl.cli.console import duration, out

    verdict = f"[bold red]{wrong} of {count} checks failed[/]" if wrong else f"[green]{count} checks passed[/]"
    out.print(f"\n{verdict} in {duration(seconds)}")


def _list(found: tuple[PluginInfo, ...], as_json: bool) -> None:
    from rich.table import Table
    from rich.text import Text

    from automl.cli.console import out, print_json

    if as_json:
        print_json([_fields(info) for info in found])
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("plugin", "distribution", "version", "families", "inputs", "status"):
        table.add_column(title)
    for info in found:
        status = Text(info.status, style="green" if info.status == "available" else "red")
        if info.reason:
            status.append(f": {info.reason}", style="dim")
        families, inputs = ", ".join(info.families), ", ".join(sorted(info.inputs))
        table.add_row(info.name, info.distribution, info.version, families, inputs, status)
    out.print(table)


def _fields(info: PluginInfo) -> dict[str, Any]:
    return {
        "plugin": info.name,
        "distribution": info.distribution,
        "version": info.version,
        "families": list(info.families),
        "inputs": sorted(info.inputs),
        "status": info.status,
        "reason": info.reason,
    }
