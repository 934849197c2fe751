"""A report as one self-contained HTML page: the findings, then a line for each column with its distribution."""

from __future__ import annotations

from html import escape

from automl.data.quality.charts import chart
from automl.data.quality.finding import Finding, Severity
from automl.data.quality.report import NAMES, Report
from automl.data.quality.style import STYLE
from automl.data.quality.summary import ColumnSummary
from automl.data.quality.words import count, percent

_MARKS = {Severity.SERIOUS: "✕", Severity.WARNING: "!", Severity.NOTE: "·"}
_MOST_COLUMNS = 300
_MOST_FINDINGS = 400
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(report: Report) -> str:
    """Write a report as HTML; every text of the table is escaped, and nothing is loaded from anywhere."""
    title = report.source or "Table"
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{escape(title)} · data check</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        f"<style>{STYLE}</style></head><body><main>",
        f"<header><h1>{escape(title)}</h1><p class=sub>{_subtitle(report)}</p>{_tally(report)}</header>",
        _findings(report),
        _columns(report),
        _footer(report),
        "</main></body></html>\n",
    ]
    return "\n".join(parts)


def _subtitle(report: Report) -> str:
    parts = [count(report.n_rows, "row"), count(report.n_columns, "input column" if report.target else "column")]
    if report.target:
        parts.append(f"{escape(report.task)} target <b>{escape(report.target)}</b>")
    if report.n_looked_at < report.n_rows:
        parts.append(f"{report.n_looked_at:,} rows looked at")
    return " · ".join(parts)


def _tally(report: Report) -> str:
    cells = []
    for severity, name in zip(Severity, NAMES, strict=True):
        n = report.count(severity)
        kind = severity.value if n else "none"
        cells.append(f"<div class={kind}><b>{n}</b> {name if n == 1 else name + 's'}</div>")
    return f"<div class=tally>{''.join(cells)}</div>"


def _findings(report: Report) -> str:
    if not report.findings:
        return "<section><h2>Findings</h2><p>Nothing remarkable was found.</p></section>"
    lines = [_finding(finding) for finding in report.findings[:_MOST_FINDINGS]]
    left = len(report.findings) - len(lines)
    more = f"<p class=small>and {left:,} more, which <code>--json</code> lists</p>" if left else ""
    return f"<section><h2>Findings</h2><ul class=findings>{''.join(lines)}</ul>{more}</section>"


def _finding(finding: Finding) -> str:
    subject = escape(finding.column) if finding.column else "<span class=whole>the table</span>"
    small = [escape(text) for text in finding.evidence]
    if finding.rows and not any(text.startswith("row ") for text in finding.evidence):
        rows = ", ".join(f"{row:,}" for row in finding.rows[:8]) + (", …" if len(finding.rows) > 8 else "")
        small.append(f"row{'s' if len(finding.rows) > 1 else ''} {rows}")
    lines = [f"<p>{_sentence(finding.message)}</p>"]
    if small:
        lines.append(f"<p class=small>{' · '.join(small)}</p>")
    if finding.done:
        lines.append(f"<p class='small done'>{_sentence(finding.done)}</p>")
    if finding.advice:
        fix = f" <code>--repair {escape(finding.fix.name)}</code>" if finding.fix is not None else ""
        lines.append(f"<p class=small>{_sentence(finding.advice)}{fix}</p>")
    return (
        f"<li class={finding.severity.value}><span class=mark title={finding.severity.value}>"
        f"{_MARKS[finding.severity]}</span><div class=of>{subject}</div><div>{''.join(lines)}</div></li>"
    )


def _sentence(text: str) -> str:
    return escape(text[:1].upper() + text[1:])


def _columns(report: Report) -> str:
    if not report.columns:
        return ""
    shown = report.columns[:_MOST_COLUMNS]
    key = f"<p class=key>low <i></i> high: {escape(report.tone)} in each bar</p>" if report.tone else ""
    lines = "".join(_column(column, report) for column in shown)
    left = report.n_columns + bool(report.target) - len(shown)
    more = f"<p class=small>and {left:,} columns more</p>" if left > 0 else ""
    return f"<section><h2>Columns</h2>{key}<ul class=columns>{lines}</ul>{more}</section>"


def _column(column: ColumnSummary, report: Report) -> str:
    kind = column.role if column.role in {"target", "dropped"} else "input"
    says = "".join(
        f"<li class={f.severity.value}><span class=mark>{_MARKS[f.severity]}</span>"
        f"<span>{_sentence(f.message)}</span></li>"
        for f in report.of(column.name)
    )
    return (
        f"<li class={kind}><div><div class=name>{escape(column.name)}</div>"
        f"<span class=role>{'ignored' if column.role == 'dropped' else escape(column.role)}</span>"
        f"<p class=small>{_sentence(column.reason.removeprefix('the target: '))}</p></div>"
        f"<div>{chart(column)}</div>"
        f"<div><div class=figures>{_figures(column)}</div>{f'<ul class=says>{says}</ul>' if says else ''}</div></li>"
    )


def _figures(column: ColumnSummary) -> str:
    pairs = [("missing", percent(column.missing / max(column.n_rows, 1))), ("distinct", f"{column.distinct:,}")]
    pairs += [pair for pair in column.facts if pair[0] not in {"min", "max"}]
    return "".join(f"<div><span>{escape(name)}</span> {escape(value)}</div>" for name, value in pairs)


def _footer(report: Report) -> str:
    left = f" Not finished for want of time: {escape(', '.join(report.unfinished))}." if report.unfinished else ""
    made = f" Repairs made: {escape(', '.join(report.repairs))}." if report.repairs else ""
    return (
        f"<footer>Row numbers count from 0, the first row below the header. "
        f"Checked in {report.seconds:.1f} s.{made}{left}</footer>"
    )
