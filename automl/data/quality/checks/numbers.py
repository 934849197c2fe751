"""Numbers stored as text, and columns that mix numbers with words or types with each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from automl.data.cells import level_text
from automl.data.numeric import DECIMAL_COMMA, PLAIN, THOUSANDS, number
from automl.data.quality.check import Check
from automl.data.quality.finding import Finding, Fix, Severity
from automl.data.quality.subject import Subject
from automl.data.quality.words import listed, percent
from automl.data.repairs import OnlyNumbers
from automl.data.schema import Column, Role

_MOSTLY = 0.7  # of the distinct cells: numbers with some words among them
_MIXED = 0.05  # of the cells, of the rarer kind
_FEWEST_NUMBERS = 10


def _as_text(subject: Subject) -> Iterator[Finding]:
    for column in subject.columns(Role.NUMERIC, Role.CATEGORICAL, Role.TEXT):
        sketch = subject.sketch(column.name)
        if sketch.kind != "O" or not sketch.hashable:
            continue
        cells = [cell for cell in sketch.sample if level_text(cell)]
        if column.role is Role.NUMERIC:
            words = [cell for cell in cells if np.isnan(number(cell, column.parsing))]
            yield Finding(
                "numbers_as_text",
                Severity.NOTE,
                "holds numbers that are written as text",
                column.name,
                evidence=tuple(listed([cell], 1) for cell in cells[:3]),
                done=f"read as numbers{f' ({column.parsing})' if column.parsing else ''}"
                + (f"; {listed(words, 3)} as missing" if words else ""),
            )
        else:
            yield from _nearly_numbers(column, cells)


def _nearly_numbers(column: Column, cells: list[object]) -> Iterator[Finding]:
    best, read = max(
        ((p, [not np.isnan(number(cell, p)) for cell in cells]) for p in (PLAIN, THOUSANDS, DECIMAL_COMMA)),
        key=lambda pair: sum(pair[1]),
    )
    n = sum(read)
    if n < max(_FEWEST_NUMBERS, _MOSTLY * len(cells)) or n == len(cells):  # all numbers: codes, told by their name
        return
    words = [cell for cell, fits in zip(cells, read, strict=True) if not fits]
    yield Finding(
        "numbers_as_text",
        Severity.WARNING,
        f"{percent(n / len(cells))} of its distinct cells are numbers, and the rest are not",
        column.name,
        evidence=(listed(words),),
        done=f"taken as {column.role.value}",
        advice="if the rest are slips, read it as numbers",
        fix=Fix("numbers", OnlyNumbers(best)),
    )


def _mixed(subject: Subject) -> Iterator[Finding]:
    for column in subject.columns(Role.CATEGORICAL, Role.TEXT):
        sketch = subject.sketch(column.name)
        if sketch.kind != "O" or not sketch.hashable or subject.frame[column.name].dtype.name == "category":
            continue
        kinds: Counter[str] = Counter()
        examples: dict[str, object] = {}
        for cell, n in zip(sketch.distinct, sketch.counts.tolist(), strict=True):
            kind = _kind(cell)
            kinds[kind] += n
            examples.setdefault(kind, cell)
        total = sum(kinds.values())
        present = [kind for kind, n in kinds.most_common() if n >= _MIXED * total]
        n_numbers = sum(_kind(cell) == "numbers" for cell in sketch.sample)
        if len(present) > 1 and n_numbers < _MOSTLY * len(sketch.sample):  # else it is told as numbers with slips
            shares = ", ".join(f"{percent(kinds[kind] / total)} {kind} ('{examples[kind]}')" for kind in present)
            yield Finding(
                "mixed_types",
                Severity.WARNING,
                "mixes kinds of cells",
                column.name,
                evidence=(shares,),
                done=f"taken as {column.role.value}",
                advice="look whether cells have slipped here from another column",
            )


def _kind(cell: object) -> str:
    if isinstance(cell, bool):
        return "booleans"
    if not np.isnan(number(cell)):
        return "numbers"
    return "words" if isinstance(cell, str) else type(cell).__name__


AS_TEXT = Check("numbers_as_text", "Numbers stored as text", _as_text, ("numbers",))
MIXED = Check("mixed_types", "Mixed types", _mixed)
