"""Missing cells, by column and by row."""

from __future__ import annotations

from collections.abc import Iterator

from automl.data.quality.check import Check
from automl.data.quality.finding import IGNORED, Finding, Severity
from automl.data.quality.subject import Subject
from automl.data.quality.words import count, percent
from automl.data.schema import Role

_MANY = 0.5  # above, a column says more by being there than by what it says
_WORTH_TELLING = 0.01
_EMPTY_ROW = 0.6  # share of a row's cells; such rows are often torn or misaligned lines
_FEWEST_COLUMNS = 5


def _find(subject: Subject) -> Iterator[Finding]:
    for column in subject.columns():
        n = int(subject.missing(column.name).sum())
        share = n / subject.n_rows
        if share < _WORTH_TELLING:
            continue
        if share == 1.0:
            yield Finding("missing", Severity.WARNING, "holds no value in any row", column.name, done=IGNORED)
            continue
        yield Finding(
            "missing",
            Severity.WARNING if share > _MANY else Severity.NOTE,
            f"{percent(share)} of the cells are missing ({n:,} of {subject.n_rows:,})",
            column.name,
            done="" if column.role is Role.DROPPED else "gaps are passed to families that know them, filled for others",
            advice="ask whether the gap itself means something, or drop the column" if share > _MANY else "",
        )
    yield from _rows(subject)


def _rows(subject: Subject) -> Iterator[Finding]:
    n_columns = len(subject.schema.columns)
    if n_columns < _FEWEST_COLUMNS:
        return
    subject.check_time()
    sparse = subject.gaps >= _EMPTY_ROW * n_columns
    if sparse.any() and sparse.mean() < 0.5:  # in a sparse table it is the columns that are to blame
        n = int(sparse.sum())
        yield Finding(
            "missing",
            Severity.WARNING if sparse.mean() > 0.01 else Severity.NOTE,
            f"{count(n, 'row')} lack{'s' if n == 1 else ''} at least {percent(_EMPTY_ROW)} of the cells",
            rows=subject.where(sparse),
            advice="look whether these lines were cut or shifted",
        )


CHECK = Check("missing", "Missing cells", _find)
