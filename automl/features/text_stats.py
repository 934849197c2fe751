"""A few numbers about a text: how long it is and what it is made of."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from automl.storage import storable

STATS = ("characters", "words", "digits", "uppercase", "punctuation")
_TABLE = 0x3000  # code points past this (CJK and on) count as plain letters
_DIGIT, _UPPER, _PUNCTUATION = 1, 2, 4


@storable("text_stats")
@dataclass(frozen=True, eq=False)
class TextStats:
    """`chosen` (n_kept,) int64: the statistics that varied in training, among those of all text columns."""

    chosen: NDArray[np.int64]
    names: tuple[str, ...]

    def transform(self, columns: list[list[str]]) -> NDArray[np.float64]:
        """Describe the texts of each column, each n_rows long, as (n_rows, n_kept) float64."""
        return np.take(np.concatenate([describe(texts) for texts in columns], axis=1), self.chosen, axis=1)


def fit_text_stats(columns: list[list[str]], names: tuple[str, ...]) -> TextStats | None:
    """Fit on the training rows' texts; None where no statistic varies."""
    everything = np.concatenate([describe(texts) for texts in columns], axis=1)
    chosen = np.flatnonzero(np.ptp(everything, axis=0) > 0)
    outputs = [f"{name} {stat}" for name in names for stat in STATS]
    return TextStats(chosen, tuple(outputs[i] for i in chosen)) if len(chosen) else None


def describe(texts: list[str]) -> NDArray[np.float64]:
    """Counts of characters and words, shares of digits and uppercase, count of punctuation: (n_texts, 5)."""
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    points = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    kinds = _kinds()[np.minimum(points, _TABLE)]
    ends = np.cumsum(lengths)

    def count(kind: int) -> NDArray[np.int64]:
        running = np.concatenate([[0], np.cumsum((kinds & kind) != 0)])
        return np.asarray(running[ends] - running[ends - lengths], dtype=np.int64)

    words = np.fromiter((len(text.split()) for text in texts), dtype=np.int64, count=len(texts))
    divisor = np.maximum(lengths, 1)
    columns = [lengths, words, count(_DIGIT) / divisor, count(_UPPER) / divisor, count(_PUNCTUATION)]
    return np.stack(columns, axis=1).astype(np.float64)


@lru_cache(maxsize=1)
def _kinds() -> NDArray[np.uint8]:
    """Flags of each code point, (n_points,) uint8."""
    kinds = np.zeros(_TABLE + 1, dtype=np.uint8)
    for point in range(_TABLE):
        character = chr(point)
        symbol = unicodedata.category(character)[0] in "PS"
        kinds[point] = _DIGIT * character.isdigit() + _UPPER * character.isupper() + _PUNCTUATION * symbol
    return kinds
