"""A table of text on a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Grid:
    """A table of text for a page; `best` marks cells (row, column) to be set off."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    best: frozenset[tuple[int, int]] = frozenset()

    def markdown(self) -> str:
        """Write it in Markdown, best cells in bold."""
        lines = [_line(self.head), _line(["---"] * len(self.head))]
        for r, row in enumerate(self.rows):
            lines.append(_line([f"**{cell}**" if (r, c) in self.best else cell for c, cell in enumerate(row)]))
        return f"## {self.title}\n\n" + "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
