"""What a check reports: one thing about a column or the table, how grave it is, and what was done about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from automl.data.repairs import Repair


class Severity(StrEnum):
    """How much a finding matters: SERIOUS may make a model worthless, WARNING worse; NOTE is good to know."""

    SERIOUS = "serious"
    WARNING = "warning"
    NOTE = "note"


ORDER = {severity: position for position, severity in enumerate(Severity)}
"""Position of each severity, the gravest first."""

IGNORED = "ignored"
"""What is done about a column that is no input."""


@dataclass(frozen=True)
class Fix:
    """What the repair `name` (see `REPAIRS`) would do: change the column's cells, drop it, or drop training rows."""

    name: str
    repair: Repair | None = None
    drop_column: bool = False
    drop_rows: tuple[int, ...] = ()


@dataclass(frozen=True)
class Finding:
    """One finding; `column` is "" where it is about the table as a whole.

    `message` is a sentence without the column's name and `evidence` a few examples or figures. `rows` are positions in
    the table, 0 for the first. `done` says what the engine does about it by itself, `advice` what a person may do, and
    `fix` is a repair that can be switched on by name.
    """

    check: str
    severity: Severity
    message: str
    column: str = ""
    evidence: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()
    done: str = ""
    advice: str = ""
    fix: Fix | None = None
    fixed: bool = False

    def after(self, repairs: tuple[str, ...]) -> Finding:
        """Return the finding as it stands once these repairs are applied."""
        if self.fix is None or self.fix.name not in repairs:
            return self
        return replace(self, done=f"repaired by '{self.fix.name}'", advice="", fixed=True)

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "check": self.check,
            "severity": self.severity.value,
            "column": self.column or None,
            "message": self.message,
            "evidence": list(self.evidence),
            "rows": list(self.rows),
            "done": self.done,
            "advice": self.advice,
            "repair": None if self.fix is None else self.fix.name,
            "repaired": self.fixed,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Finding:
        """Read a finding back; of its repair only the name is kept."""
        return cls(
            check=str(value["check"]),
            severity=Severity(value["severity"]),
            message=str(value["message"]),
            column=str(value["column"] or ""),
            evidence=tuple(map(str, value["evidence"])),
            rows=tuple(map(int, value["rows"])),
            done=str(value["done"]),
            advice=str(value["advice"]),
            fix=None if value["repair"] is None else Fix(str(value["repair"])),
            fixed=bool(value["repaired"]),
        )
