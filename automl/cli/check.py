"""`automl check`: what is remarkable, wrong or dangerous about a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from automl.cli import options

if TYPE_CHECKING:
    from automl.data.limits import InputLimits
    from automl.data.quality.finding import Finding
    from automl.data.quality.report import Report

_STYLES = {"serious": ("bold red", "✗"), "warning": ("yellow", "!"), "note": ("dim", "·")}


def check(  # noqa: PLR0913, PLR0917 - typer reads options from the signature
    data: Annotated[Path, typer.Argument(help="A table to check, or a run folder to show what its fit found.")],
    target: Annotated[
        str | None, typer.Option("--target", "-t", help="The column to predict; checks it, and looks for leaks.")
    ] = None,
    test: Annotated[Path | None, typer.Option(help="A second table: looks for drift and for rows in both.")] = None,
    task: options.Task = None,
    drop: options.Drop = None,
    time_limit: Annotated[float, typer.Option(help="Seconds after which remaining checks are left out.")] = 60.0,
    input_limit: options.InputLimit = None,
    html: Annotated[Path | None, typer.Option(help="Write a page to this file.")] = None,
    as_json: options.Json = False,
) -> None:
    """Look for what spoils models: gaps, copies, leaks, slips, drift; says what a fit does about each.

    [dim]automl check data.csv --target price --html page.html[/dim]
    """
    from automl.cli.console import out, print_json
    from automl.data.limits import InputLimits
    from automl.data.quality.report import FILE, read_report

    if data.is_dir() and (data / FILE).is_file():
        report = read_report(data / FILE)
    else:
        report = _checked(data, target, test, task, drop or [], time_limit, InputLimits.of(input_limit or ()))
    if html is not None:
        from automl.data.quality.page import page

        html.write_text(page(report), encoding="utf-8")
    if as_json:
        print_json(report.to_json())
        return
    _print(report)
    if html is not None:
        out.print(f"page     {html}", markup=False)


def _checked(
    data: Path,
    target: str | None,
    test: Path | None,
    task: str | None,
    drop: list[str],
    seconds: float,
    limits: InputLimits,
) -> Report:
    from automl.data.infer import Wishes
    from automl.data.quality.inspect import Effort
    from automl.data.quality.table import check_table
    from automl.errors import OptionError
    from automl.task import TaskKind

    kind = TaskKind.of(task)
    if not seconds > 0:
        raise OptionError(f"the time limit must be above 0 seconds, but got {seconds}")
    wishes, effort = Wishes(drop=drop), Effort(seconds)
    return check_table(data, target, task=kind, test=test, wishes=wishes, effort=effort, limits=limits)


def _print(report: Report) -> None:
    from rich.text import Text

    from automl.cli.console import out
    from automl.data.quality.finding import Severity
    from automl.data.quality.report import NAMES
    from automl.data.quality.words import count

    looked = "" if report.n_looked_at >= report.n_rows else f", {report.n_looked_at:,} of them looked at"
    learned = f", {report.task} target '{report.target}'" if report.task else ""
    out.print(Text(f"{count(report.n_rows, 'row')}{looked}, {count(report.n_columns, 'column')}{learned}", "dim"))
    for finding in report.findings:
        for line in _lines(finding):
            out.print(line)
    if not report.findings:
        out.print("nothing remarkable was found")
    for title in report.unfinished:
        out.print(Text(f"  ({title}: no time was left for all of it; --time-limit gives more)", "dim"))
    counts = [count(report.count(severity), name) for severity, name in zip(Severity, NAMES, strict=True)]
    out.print(Text(f"{', '.join(counts)} in {report.seconds:.1f} s; row 0 is the first", "dim"))
    offered = sorted({f.fix.name for f in report.findings if f.fix is not None and not f.fixed})
    if offered:
        out.print(Text(f"repair   automl fit … --repair {','.join(offered)}  (all, or those you choose)"))


def _lines(finding: Finding) -> list[object]:
    from rich.text import Text

    from automl.cli.plain import plain

    style, mark = _STYLES[finding.severity.value]
    head = Text.assemble(
        (f"{mark} ", style),
        (f"{plain(finding.column)}  " if finding.column else "", "bold"),
        plain(finding.message),
    )
    lines = [head]
    evidence = "; ".join(finding.evidence)
    if finding.rows and not any(text.startswith("row ") for text in finding.evidence):
        rows = ", ".join(map(str, finding.rows[:5])) + (", …" if len(finding.rows) > 5 else "")
        evidence = f"{evidence}; rows {rows}" if evidence else f"rows {rows}"
    if evidence:
        lines.append(Text(f"    {plain(evidence)}", "dim"))
    if finding.done:
        lines.append(Text(f"    {finding.done}", "green"))
    if finding.advice:
        fix = f"  [--repair {finding.fix.name}]" if finding.fix is not None else ""
        lines.append(Text(f"    → {finding.advice}{fix}", "cyan"))
    return list(lines)
