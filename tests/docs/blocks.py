"""The fenced code blocks of a Markdown page, and what is to be done with each.

A block with a title is a file to write; `python` and `bash` blocks run; `toml` and `json` must parse; `text` is output.
The comment `<!-- not run: why -->` on the line before a block leaves it out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^(?P<indent> *)(?P<fence>`{3,})(?P<language>\w*)(?P<rest>.*)$")
_TITLE = re.compile(r'title="([^"]+)"')
_NOT_RUN = re.compile(r"^<!-- not run: (.+) -->$")


@dataclass(frozen=True)
class Block:
    """One block: where its text begins (`line`, from 1), its language, its title, and why it is not run."""

    page: Path
    line: int
    language: str
    text: str
    title: str = ""
    not_run: str = ""

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def read_blocks(page: Path) -> list[Block]:
    """Return the blocks of a page in their order; raise `ValueError` for one that is never closed."""
    lines = page.read_text(encoding="utf-8").splitlines()
    blocks, start = [], 0
    while start < len(lines):
        opening = _FENCE.match(lines[start])
        if not opening:
            start += 1
            continue
        closing = opening["indent"] + opening["fence"]
        end = next((i for i in range(start + 1, len(lines)) if lines[i].rstrip() == closing), None)
        if end is None:
            raise ValueError(f"{page.name}:{start + 1}: the code block is never closed")
        title, reason = _TITLE.search(opening["rest"]), _NOT_RUN.match(lines[start - 1]) if start else None
        text = "".join(f"{line.removeprefix(opening['indent'])}\n" for line in lines[start + 1 : end])
        blocks.append(
            Block(page, start + 2, opening["language"], text, title[1] if title else "", reason[1] if reason else "")
        )
        start = end + 1
    return blocks
