"""Dates in several formats, and dates whose day and month cannot be told apart."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from automl.data.dates import FORMATS, ISO, seconds
from automl.data.quality.check import Check
from automl.data.quality.finding import Finding, Fix, Severity
from automl.data.quality.subject import Subject
from automl.data.quality.words import listed
from automl.data.repairs import Dates
from automl.data.schema import Column, Role

_GLANCE = 200  # distinct cells
_MOST_FORMATS = 5
_NEARLY_ALL = 0.9
_DATE_LIKE = re.compile(r"(?=.*[0-9].*[0-9])[\w ,.:/+\-]{6,40}")
_AMBIGUOUS = {"%m/%d/%Y": "month", "%d.%m.%Y": "day", "%d-%m-%Y": "day", "%m/%d/%y": "month"}


def _find(subject: Subject) -> Iterator[Finding]:
    for column in subject.columns(Role.DATETIME, Role.CATEGORICAL, Role.TEXT, Role.DROPPED):
        sketch = subject.sketch(column.name)
        if sketch.kind != "O" or not sketch.hashable:
            continue
        step = max(1, len(sketch.texts) // _GLANCE)
        texts = [text for text in sketch.texts[::step] if text][:_GLANCE]
        if not texts or sum(bool(_DATE_LIKE.fullmatch(text)) for text in texts) < _NEARLY_ALL * len(texts):
            continue
        formats, rest = formats_of(texts, column.parsing if column.role is Role.DATETIME else "")
        read = 1 - len(rest) / len(texts)
        if len(formats) > 1 and read >= _NEARLY_ALL:
            yield _several(column, formats, texts)
        elif column.role is Role.DATETIME:
            yield from _ambiguous(column, texts)


def formats_of(texts: list[str], first: str = "") -> tuple[list[str], list[str]]:
    """The formats that these cells are written in, greedily the one that reads most of what is left; and the rest."""
    formats: list[str] = []
    while texts and len(formats) < _MOST_FORMATS:
        candidates = [first] if first and not formats else [p for p in (ISO, *FORMATS) if not _unread(texts[0], p)]
        if not candidates:
            return formats, texts
        best = min(candidates, key=lambda parsing: sum(_unread(text, parsing) for text in texts))
        left = [text for text in texts if _unread(text, best)]
        if len(left) == len(texts):
            return formats, texts
        formats.append(best)
        texts = left
    return formats, texts


def _unread(text: str, parsing: str) -> bool:
    """Whether a cell is not in this very format; `seconds` would forgive the standard one."""
    return bool(np.isnan(seconds(text, parsing))) or (parsing != ISO and not np.isnan(seconds(text, ISO)))


def _several(column: Column, formats: list[str], texts: list[str]) -> Finding:
    examples = [next(t for t in texts if not _unread(t, parsing)) for parsing in formats]
    is_date = column.role is Role.DATETIME
    return Finding(
        "dates",
        Severity.WARNING,
        f"holds dates in {len(formats)} formats",
        column.name,
        evidence=tuple(f"'{e}' ({p})" for e, p in zip(examples, formats, strict=True)),
        done=f"read as {column.parsing}, others as missing" if is_date else f"taken as {column.role.value}",
        advice="read all formats as dates",
        fix=Fix("dates", Dates(tuple(formats))),
    )


def _ambiguous(column: Column, texts: list[str]) -> Iterator[Finding]:
    day_format = column.parsing.split(" ")[0]
    if day_format not in _AMBIGUOUS:
        return
    parts = [re.findall(r"[0-9]+", text)[:2] for text in texts]
    if all(len(part) == 2 and int(part[0]) <= 12 and int(part[1]) <= 12 for part in parts) and len(texts) > 1:
        yield Finding(
            "dates",
            Severity.NOTE,
            "does not tell whether days or months come first: every date could be read either way",
            column.name,
            evidence=(listed(texts, 3),),
            done=f"read with the {_AMBIGUOUS[day_format]} first",
            advice="write dates as 2026-12-31",
        )


CHECK = Check("dates", "Formats of dates", _find, ("dates",))
