"""Names, tickets and codes taken apart: what cells begin and end with, what they look like, and who shares them."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from automl.data.schema import Role
from automl.data.table import MISSING, UNSEEN, Table
from automl.features.derived import Derivation, Made, widen
from automl.features.terms import as_texts
from automl.storage import storable

PARTS = ("prefix", "last word", "common word", "shape")
"""Categories made of a cell; its rows in training, words and last number are numbers."""
NUMBERS = ("rows", "words", "last number")
_MOST_LEVELS = 64
_FEWEST_ROWS = 5  # training rows that a level needs
_MOST_CELLS = 50_000
_SHARED = 0.1  # of the rows must share their cell with another, for the rows of a cell to be counted
_EVERYWHERE = 0.9  # of the cells; a word that more of them hold tells nothing
_LONGEST = 80  # characters of a cell that are read: names and codes are short, and long texts are not taken apart
_WORD = re.compile(r"[^\W\d_]+|\d+")
_PREFIX = re.compile(r"[^\W\d_]*")


@storable("entities")
@dataclass(frozen=True, eq=False)
class Entities(Derivation):
    """For each of the columns `names`: checksums of its `cells` (n_cells,) uint32, and their training `rows` (n_cells,)
    int64, none where cells are seldom shared.

    `common` are the most common words of a column, most common first, `levels` the categories of its parts. `made` are
    the outputs that varied in training, at the positions `chosen` (n_made,) int64 among all numbers, then all parts.
    """

    names: tuple[str, ...]
    cells: tuple[NDArray[np.uint32], ...]
    rows: tuple[NDArray[np.int64], ...]
    common: tuple[tuple[str, ...], ...]
    levels: tuple[tuple[tuple[str, ...], ...], ...]
    chosen: NDArray[np.int64]
    made: tuple[Made, ...]

    @cached_property
    def _known_rows(self) -> list[dict[int, int]]:
        return [dict(zip(c.tolist(), r.tolist(), strict=True)) for c, r in zip(self.cells, self.rows, strict=True)]

    @cached_property
    def _common_ranks(self) -> list[dict[str, int]]:
        return [{word: rank for rank, word in enumerate(words)} for words in self.common]

    @cached_property
    def _positions(self) -> list[list[dict[str, int]]]:
        return [[{level: i for i, level in enumerate(levels)} for levels in parts] for parts in self.levels]

    def extend(self, table: Table) -> Table:
        """Add the numbers and the parts of each column."""
        return self._extend(table, own_rows=0)

    def _extend(self, table: Table, own_rows: int) -> Table:
        numbers = np.full((table.n_rows, len(self.names), len(NUMBERS)), np.nan)
        codes = np.full((table.n_rows, len(self.names), len(PARTS)), MISSING, dtype=np.int32)
        for i, name in enumerate(self.names):
            for row, cell in enumerate(table.raw[name]):
                if not isinstance(cell, str):
                    continue
                text = cell[:_LONGEST]
                words = _WORD.findall(text)
                last = next((word for word in reversed(words) if word.isdecimal()), "")
                numbers[row, i] = (
                    np.log1p(max(0, self._known_rows[i].get(_checksum(cell), 0) - own_rows)),
                    len(words),
                    float(last[:15]) if last else np.nan,
                )
                for j, value in enumerate(_parts(text, words, self._common_ranks[i])):
                    codes[row, i, j] = self._positions[i][j].get(value, UNSEEN)
        n_numbers = len(self.names) * len(NUMBERS)
        kept = self.chosen[self.chosen < n_numbers], self.chosen[self.chosen >= n_numbers] - n_numbers
        flat = numbers.reshape(table.n_rows, n_numbers), codes.reshape(table.n_rows, len(self.names) * len(PARTS))
        return widen(table, self.made, flat[0][:, kept[0]], flat[1][:, kept[1]])


def fit_entities(table: Table, names: Sequence[str]) -> tuple[Entities, Table] | None:
    """Fit on training rows for these raw columns; there a row does not count itself among those that share its cell."""
    if not names:
        return None
    cells, rows, common, levels = [], [], [], []
    for name in names:
        present = [cell for cell in table.raw[name] if isinstance(cell, str)]
        counts = Counter(map(_checksum, present))
        shared = sum(count for count in counts.values() if count > 1)
        known = counts.most_common(_MOST_CELLS) if shared >= _SHARED * len(present) else []
        cells.append(np.array([cell for cell, _ in known], dtype=np.uint32))
        rows.append(np.array([count for _, count in known], dtype=np.int64))
        split = [_WORD.findall(cell[:_LONGEST]) for cell in present]
        documents = Counter(word for words in split for word in set(words) if not word.isdecimal())
        most = _EVERYWHERE * len(present)
        usual = [word for word, count in documents.most_common(_MOST_LEVELS) if _FEWEST_ROWS <= count <= most]
        common.append(tuple(usual))
        ranks = {word: rank for rank, word in enumerate(usual)}
        parts = [_parts(cell[:_LONGEST], words, ranks) for cell, words in zip(present, split, strict=True)]
        levels.append(tuple(_levels(values) for values in zip(*parts, strict=True)) if parts else ((),) * len(PARTS))
    return _chosen(table, Entities(tuple(names), tuple(cells), tuple(rows), tuple(common), tuple(levels), *_all(names)))


def _all(names: Sequence[str]) -> tuple[NDArray[np.int64], tuple[Made, ...]]:
    made = [Made(f"{name} {part}", (name,)) for name in names for part in NUMBERS]
    made += [Made(f"{name} {part}", (name,), 1) for name in names for part in PARTS]
    return np.arange(len(made)), tuple(made)


def _chosen(table: Table, every: Entities) -> tuple[Entities, Table] | None:
    """Keep what varies among the training rows, and say how many levels each category has."""
    wide = every._extend(table, own_rows=1)
    numbers = wide.numeric[:, table.numeric.shape[1] :]
    codes = wide.categorical[:, table.categorical.shape[1] :]
    columns = [*numbers.T, *codes.T.astype(np.float64)]
    levels = [0] * numbers.shape[1] + [len(known) for parts in every.levels for known in parts]
    chosen = [
        i
        for i, column in enumerate(columns)
        if len(np.unique(column[np.isfinite(column)])) > 1 and (i < numbers.shape[1] or levels[i])
    ]
    if not chosen:
        return None
    made = tuple(Made(every.made[i].name, every.made[i].sources, levels[i]) for i in chosen)
    fitted = Entities(
        every.names, every.cells, every.rows, every.common, every.levels, np.array(chosen, dtype=np.int64), made
    )
    kept = [i for i in chosen if i < numbers.shape[1]], [i - numbers.shape[1] for i in chosen if i >= numbers.shape[1]]
    return fitted, widen(table, made, numbers[:, kept[0]], codes[:, kept[1]])


def _parts(text: str, words: list[str], common: dict[str, int]) -> tuple[str, str, str, str]:
    """The prefix of letters, the last word, the most common of its words, and the shape of a cell."""
    prefix = _PREFIX.match(text.lstrip())
    usual = min((common[word] for word in words if word in common), default=None)
    return (
        prefix.group() if prefix else "",
        words[-1] if words else "",
        "" if usual is None else next(word for word in words if common.get(word) == usual),
        _shape(text),
    )


def _checksum(cell: str) -> int:
    return zlib.crc32(cell.encode("utf-8", "surrogatepass"))


def _shape(text: str) -> str:
    """Runs of letters as A, runs of digits as 9, other marks as they are: `PC 17599` is `A 9`."""
    return re.sub(r"[^\W\d_]+", "A", re.sub(r"\d+", "9", text))[:16]


def _levels(values: tuple[str, ...]) -> tuple[str, ...]:
    counts = Counter(values)
    return tuple(sorted(value for value, count in counts.most_common(_MOST_LEVELS) if count >= _FEWEST_ROWS))


def entity_columns(table: Table) -> tuple[str, ...]:
    """Raw columns of short texts, which name or number things rather than tell about them."""
    names = []
    taken = {name for role in (Role.IMAGE, Role.SEQUENCE) for name in table.names.get(role, ())}
    for name, cells in table.raw.items():
        if name in taken:
            continue
        lengths = [len(text) for text in as_texts(cells[:1000]) if text]
        if lengths and float(np.median(lengths)) <= _LONGEST / 2:
            names.append(name)
    return tuple(names)
