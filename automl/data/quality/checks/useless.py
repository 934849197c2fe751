"""Columns that teach nothing: constant ones, identifiers, copies, and nearly constant ones."""

from __future__ import annotations

from collections.abc import Iterator

from automl.data.quality.check import Check
from automl.data.quality.finding import IGNORED, Finding, Severity
from automl.data.quality.subject import Subject
from automl.data.quality.words import percent, short
from automl.data.schema import Column, Role

_NEARLY = 0.995  # of the rows, and at most this many others: a split on them rests on a handful of rows
_FEW_OTHERS = 30


def _constant(subject: Subject) -> Iterator[Finding]:
    for column in subject.columns():
        if column.reason.startswith(("has the same value", "has no value")):
            yield Finding("constant", Severity.NOTE, column.reason, column.name, done=IGNORED)
        elif column.role in {Role.NUMERIC, Role.BOOLEAN, Role.CATEGORICAL}:
            yield from _nearly(subject, column)


def _nearly(subject: Subject, column: Column) -> Iterator[Finding]:
    sketch = subject.sketch(column.name)
    if not sketch.hashable or sketch.n_distinct < 2:
        return
    top = int(sketch.counts.argmax())
    n = int(sketch.counts[top])
    if n >= _NEARLY * subject.n_rows and subject.n_rows - n <= _FEW_OTHERS:
        yield Finding(
            "constant",
            Severity.NOTE,
            f"is '{short(sketch.distinct[top])}' in {percent(n / subject.n_rows)} of the rows",
            column.name,
            evidence=(f"{subject.n_rows - n} rows differ",),
            advice="drop it if the few others are slips",
        )


def _identifiers(subject: Subject) -> Iterator[Finding]:
    for column in subject.columns(Role.DROPPED):
        if column.reason.startswith(("identifies rows", "numbers the rows")):
            example = subject.sketch(column.name).distinct[:3]
            yield Finding(
                "identifiers",
                Severity.NOTE,
                column.reason,
                column.name,
                evidence=tuple(short(cell) for cell in example),
                done=IGNORED,
                advice=f"if its order or parts mean something, keep it by --keep {column.name}",
            )


def _copies(subject: Subject) -> Iterator[Finding]:
    for column in subject.columns(Role.DROPPED):
        if column.reason.startswith("repeats"):
            yield Finding("copies", Severity.NOTE, column.reason, column.name, done=IGNORED)


CONSTANT = Check("constant", "Constant and nearly constant columns", _constant)
IDENTIFIERS = Check("identifiers", "Identifiers", _identifiers)
COPIES = Check("copies", "Repeated columns", _copies)
