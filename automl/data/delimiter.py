"""Which character separates the cells of a text file, told from its head."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

CANDIDATES = ("\t", ",", ";", "|")
_NONE = "\x1f"
"""A delimiter that text does not hold: the table has one column."""

_HEAD = 1 << 17  # characters looked at
_LINES = 8  # lines looked at, however long they are
_CONSISTENT = 0.95  # share of lines that must have as many cells as the header
_LONGEST_CELL = 1 << 24


@dataclass(frozen=True)
class Layout:
    """How the lines of a file are cut.

    `header` are the raw column names, `lines` the physical lines they take, and `extra` where rows have one cell more
    than the header: "first" for unnamed row names (as R writes them), "last" for a delimiter at the end of each line.
    """

    delimiter: str
    header: tuple[str, ...]
    lines: int
    extra: str = ""


def find_layout(text: str) -> Layout:
    """Choose the delimiter under which most lines of the head have as many cells as the header; quotes are respected.

    A delimiter that is not in the header never wins, so commas in the texts of a one-column file cut nothing. Blanks
    separate cells only in lines of numbers.
    """
    end = max(_HEAD, _end_of_line(text, _LINES))
    head = text[:end]
    if len(text) > end:  # the last line is cut short
        head = head[: head.rfind("\n") + 1] or head
    scored = [(layout, share) for d in CANDIDATES if (found := _score(head, d)) for layout, share in [found]]
    consistent = [layout for layout, share in scored if share >= _CONSISTENT]
    if consistent:
        return max(consistent, key=lambda layout: len(layout.header))
    if blank := _blank_layout(head):
        return blank
    if scored:  # ragged: reading it will say which line is wrong
        return max(scored, key=lambda pair: pair[1])[0]
    rows = csv.reader(head.splitlines(keepends=True), delimiter=_NONE)
    header = next(rows, [""])
    return Layout(_NONE, tuple(header), rows.line_num)


def _end_of_line(text: str, line: int) -> int:
    """Return the position after the end of the n-th line, or of the text."""
    end = 0
    for _ in range(line):
        end = text.find("\n", end) + 1
        if not end:
            return len(text)
    return end


def _score(head: str, delimiter: str) -> tuple[Layout, float] | None:
    """The layout under a delimiter, and the share of rows that fit it; None if the header has one cell."""
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(head.splitlines(keepends=True), delimiter=delimiter)
    try:
        header = next(reader, [])
        lines = reader.line_num
        rows = [row for row in reader if row]
    except csv.Error:
        return None
    if len(header) < 2:
        return None
    counts = Counter(len(row) for row in rows)
    fitting, extra = counts[len(header)], ""
    if counts[len(header) + 1] > fitting:
        fitting = counts[len(header) + 1]
        longer = [row for row in rows if len(row) == len(header) + 1]
        extra = "first" if any(row[-1].strip() for row in longer) else "last"
    return Layout(delimiter, tuple(header), lines, extra), fitting / len(rows) if rows else 1.0


def _blank_layout(head: str) -> Layout | None:
    rows = [line.split() for line in head.splitlines() if line.strip()]
    if '"' in head or len(rows[0]) < 2 or any(len(row) != len(rows[0]) for row in rows):
        return None
    cells = [cell for row in rows[1:] for cell in row]
    if not cells or sum(_is_number(cell) for cell in cells) < len(cells) / 2:
        return None
    return Layout(" ", tuple(rows[0]), 1)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def lacks_header(header: tuple[str, ...]) -> bool:
    """Whether a first line can only be a row: numbers alone, and not counted up as in 0, 1, 2 or 2019, 2020."""
    if not all(_is_number(cell) for cell in header):
        return False
    numbers = [float(cell) for cell in header]
    counted = all(n.is_integer() for n in numbers) and all(b > a for a, b in pairwise(numbers))
    return not counted
