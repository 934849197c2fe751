"""Words and runs of characters, counted by hashing: nothing is learned, so that counting is a few array operations.

A term is a 31-bit hash. Two terms of a hundred thousand share one with a chance of 1 in 20,000 each, which is less than
what typing errors do.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

TermKind = Literal["words", "characters"]
"""Runs of words and signs; or runs of three characters and more within what blanks enclose, blanks at its ends
included."""
FEWEST_CHARACTERS = 3

_Points = NDArray[np.int64]
_Hashes = NDArray[np.uint64]

_BITS = 31
_BLOCK = 2**21  # characters that are looked at together, so that what lies between stays small
_TABLE = 0x3000  # code points from here on are words of their own: scripts without blanks, and pictures
_BLANK, _LETTER, _SIGN = 0, 1, 2
_BASE = np.uint64(0x9E3779B97F4A7C15)  # odd, so that no power of it vanishes
_JOIN = np.uint64(0xD6E8FEB86659FD93)
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))  # of SplitMix64 (Steele, Lea and Flood 2014)


@dataclass(frozen=True)
class Counts:
    """Which terms are in which rows, ordered by row and then by term: `rows` and `terms` (n_pairs,) int64, and how
    often, `times` (n_pairs,) float32.
    """  # fmt: skip

    rows: NDArray[np.int64]
    terms: NDArray[np.int64]
    times: NDArray[np.float32]


def count(texts: Sequence[str], kind: TermKind, longest: int) -> Counts:
    """Count the terms of up to `longest` words or characters in each text, in lower case."""
    find = _words if kind == "words" else _characters
    rows, times = [], []
    for start, block in _blocks(texts):
        points, owners = _points(block)
        of_row, hashes = find(points, owners, longest)
        pairs, often = np.unique((of_row << _BITS) | hashes, return_counts=True)
        rows.append(pairs + (start << _BITS))
        times.append(often.astype(np.float32))
    pairs = np.concatenate(rows) if rows else np.empty(0, dtype=np.int64)
    often = np.concatenate(times) if times else np.empty(0, dtype=np.float32)
    return Counts(pairs >> _BITS, pairs & (2**_BITS - 1), often)


def _blocks(texts: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the position of a block's first text, and its texts in lower case."""
    block: list[str] = []
    start = size = 0
    for row, text in enumerate(texts):
        block.append(text.lower())
        size += len(text) + 1
        if size >= _BLOCK:
            yield start, block
            block, start, size = [], row + 1, 0
    if block:
        yield start, block


def _points(texts: list[str]) -> tuple[_Points, NDArray[np.int64]]:
    """Return the code points of all texts, a blank before and after each, and the row of each point."""
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)) + 1
    lengths[0] += 1
    whole = "\n" + "\n".join(texts) + "\n"
    points = np.frombuffer(whole.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.int64)
    return points, np.repeat(np.arange(len(texts)), lengths)


def _words(points: _Points, owners: NDArray[np.int64], longest: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    kinds = _kinds()[np.minimum(points, _TABLE)]
    within = np.zeros(len(points), dtype=bool)
    within[1:] = (kinds[1:] == _LETTER) & (kinds[:-1] == _LETTER)
    begins = (kinds != _BLANK) & ~within
    starts = np.flatnonzero(begins)
    if not len(starts):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    place = np.arange(len(points)) - starts[np.maximum(np.cumsum(begins) - 1, 0)]
    powers = np.cumprod(np.full(max(1, int(place.max()) + 1), _BASE))
    parts = np.where(kinds != _BLANK, _scramble(points.astype(np.uint64)) * powers[np.maximum(place, 0)], np.uint64(0))
    single = np.add.reduceat(parts, starts)
    owner = owners[starts]
    rows, hashes = [owner], [_fold(single, 1)]
    run = single
    for size in range(2, longest + 1):
        if len(single) < size:
            break
        run = run[:-1] * _JOIN + single[size - 1 :]
        together = owner[: len(run)] == owner[size - 1 :]
        rows.append(owner[: len(run)][together])
        hashes.append(_fold(run[together], size))
    return np.concatenate(rows), np.concatenate(hashes)


def _characters(
    points: _Points, owners: NDArray[np.int64], longest: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    blank = _kinds()[np.minimum(points, _TABLE)] == _BLANK
    first = np.ones(len(points), dtype=bool)
    first[1:] = ~(blank[1:] & blank[:-1])  # a run of blanks is one
    points, owners, blank = np.where(blank, ord(" "), points)[first], owners[first], blank[first]
    blanks = np.concatenate([[0], np.cumsum(blank)])
    values = _scramble(points.astype(np.uint64))
    rows, hashes = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for size in range(FEWEST_CHARACTERS, longest + 1):
        n_runs = len(points) - size + 1
        if n_runs < 1:
            break
        inner = blanks[size - 1 : size - 1 + n_runs] - blanks[1 : 1 + n_runs]
        starts = np.flatnonzero(inner == 0)
        run = np.zeros(len(starts), dtype=np.uint64)
        for step in range(size):
            run = run * _JOIN + values[starts + step]
        rows.append(owners[starts + 1])  # the first may be the blank that ends the text before
        hashes.append(_fold(run, size))
    return np.concatenate(rows), np.concatenate(hashes)


def _scramble(values: _Hashes) -> _Hashes:
    """Spread the bits of each value over all others (SplitMix64's finaliser)."""
    values = values + _BASE
    values = (values ^ (values >> np.uint64(30))) * _MIX[0]
    values = (values ^ (values >> np.uint64(27))) * _MIX[1]
    return values ^ (values >> np.uint64(31))


def _fold(values: _Hashes, size: int) -> NDArray[np.int64]:
    """Return hashes of `_BITS` bits that differ for runs of different sizes."""
    return (_scramble(values + np.uint64(size)) >> np.uint64(64 - _BITS)).astype(np.int64)


@lru_cache(maxsize=1)
def _kinds() -> NDArray[np.uint8]:
    """What each code point is, (_TABLE + 1,) uint8; the last stands for all that follow."""
    return np.array([_kind(chr(point)) for point in range(_TABLE)] + [_SIGN], dtype=np.uint8)


def _kind(point: str) -> int:
    if point.isspace():
        return _BLANK
    letter = point.isalnum() or point in "_'’" or unicodedata.category(point).startswith("M")  # M: accents and the like
    return _LETTER if letter else _SIGN
