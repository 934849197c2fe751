"""Everything that was found in a table, ready to be printed, stored and read back."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from automl.data.quality.finding import IGNORED, ORDER, Finding, Severity
from automl.data.quality.summary import ColumnSummary
from automl.data.quality.words import count
from automl.errors import DataError

FILE = "quality.json"
"""Name of a stored report in a run folder."""

NAMES = ("serious finding", "warning", "note")
"""What findings of each severity are called."""

_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Report:
    """The findings, the gravest first, and a summary of each column.

    `n_looked_at` of the `n_rows` rows were looked at by most checks. `unfinished` are the titles of checks that the
    time did not suffice for; `repairs` the names of those applied. `tone` says in words what the tone of bars is.
    """

    source: str
    target: str
    task: str
    n_rows: int
    n_columns: int
    n_looked_at: int
    seconds: float
    findings: tuple[Finding, ...]
    columns: tuple[ColumnSummary, ...] = ()
    unfinished: tuple[str, ...] = ()
    repairs: tuple[str, ...] = ()
    tone: str = ""

    def count(self, severity: Severity) -> int:
        """Count the findings of a severity that no repair has dealt with."""
        return Counter(finding.severity for finding in self.findings if not finding.fixed)[severity]

    def of(self, column: str) -> tuple[Finding, ...]:
        """Findings about a column."""
        return tuple(finding for finding in self.findings if finding.column == column)

    def adding(self, findings: Iterable[Finding]) -> Report:
        """Return a report with further findings in their places."""
        return replace(self, findings=in_order((*self.findings, *findings)))

    def repaired(self, repairs: tuple[str, ...]) -> Report:
        """Return the report with what these repairs have dealt with marked so."""
        findings = [finding.after(repairs) for finding in self.findings]
        read_anew = {finding.column for finding in findings if finding.fixed and finding.column}
        kept = (f for f in findings if f.fixed or f.done != IGNORED or f.column not in read_anew)
        return replace(self, findings=tuple(kept), repairs=repairs)

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        plain = {name: getattr(self, name) for name in ("source", "target", "task", "n_rows", "n_columns")}
        return plain | {
            "n_looked_at": self.n_looked_at,
            "seconds": round(self.seconds, 3),
            "findings": [finding.to_json() for finding in self.findings],
            "columns": [column.to_json() for column in self.columns],
            "unfinished": list(self.unfinished),
            "repairs": list(self.repairs),
            "tone": self.tone,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Report:
        """Read a report back."""
        return cls(
            **{
                **value,
                "findings": tuple(Finding.from_json(finding) for finding in value["findings"]),
                "columns": tuple(ColumnSummary.from_json(column) for column in value["columns"]),
                "unfinished": tuple(map(str, value["unfinished"])),
                "repairs": tuple(map(str, value["repairs"])),
            }
        )

    def write(self, path: Path) -> None:
        """Store the report as JSON."""
        path.write_text(json.dumps(self.to_json(), ensure_ascii=False, allow_nan=False), encoding="utf-8")


_BRIEF = 4  # findings told in a fit's own output


def brief(report: Report) -> list[str]:
    """The gravest findings in a sentence each, and how many there are."""
    open_ones = [f for f in report.findings if not f.fixed and f.severity is not Severity.NOTE]
    lines = [f"{f.severity.value}: {f'{f.column!r} ' if f.column else ''}{f.message}" for f in open_ones[:_BRIEF]]
    counts = [count(report.count(severity), name) for severity, name in zip(Severity, NAMES, strict=True)]
    left = " in part of the checks" if report.unfinished else ""
    return [*lines, f"Checks of the table{left}: {', '.join(counts)}; automl check shows them."]


def read_report(path: Path) -> Report:
    """Read a stored report; raise `DataError` where it is none."""
    try:
        if path.stat().st_size > _BYTES:
            raise DataError(f"{path}: larger than {_BYTES} bytes, so it is no report; check the table again")
        return Report.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(f"{path}: no report can be read from it ({error}); check the table again") from error


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The gravest findings first, otherwise in the order given."""
    return tuple(sorted(findings, key=lambda finding: ORDER[finding.severity]))
