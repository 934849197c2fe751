"""Texts as rows of word numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from automl.plugin import storable

PAD, UNKNOWN = 0, 1
_FIRST = 2
_MOST_WORDS = 20_000
_LONGEST = 256  # words; what comes later seldom changes what a text is about
_USUAL = 98  # percentile of the training texts' lengths that is kept
# A word, a number, a sign of its own; scripts without blanks between words are read character by character.
_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_]+(?:['’][^\W_]+)*|[^\w\s]")


def tokens(text: str) -> list[str]:
    """Split a text into lower-case words, numbers and signs."""
    return _TOKEN.findall(text.lower())


@storable("torch.vocabulary")
@dataclass(frozen=True)
class Vocabulary:
    """Words of training texts, most frequent first, and the number of words that a text is cut to."""

    words: tuple[str, ...]
    longest: int

    @property
    def size(self) -> int:
        """Numbers in use: padding, unknown, and the words."""
        return _FIRST + len(self.words)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {word: number for number, word in enumerate(self.words, start=_FIRST)}

    def read(self, texts: Iterable[str | None]) -> tuple[Tensor, Tensor]:
        """Return numbers (n_rows, n_words) int64, padded with 0, and lengths (n_rows,) int64 of at least one."""
        known = self._numbers
        rows = [[known.get(word, UNKNOWN) for word in tokens(text or "")[: self.longest]] for text in texts]
        return padded(rows)


def padded(rows: list[list[int]]) -> tuple[Tensor, Tensor]:
    """Return rows of numbers as (n_rows, longest) int64, padded with 0, and lengths of at least one."""
    lengths = np.array([max(1, len(row)) for row in rows], dtype=np.int64)
    numbers = np.zeros((len(rows), int(lengths.max(initial=1))), dtype=np.int64)
    for row, words in enumerate(rows):
        numbers[row, : len(words)] = words
    return torch.from_numpy(numbers), torch.from_numpy(lengths)


def learn_vocabulary(texts: Iterable[str | None]) -> Vocabulary:
    """Learn from training texts; of a thousand texts or more, words of one text only are left out."""
    counts: Counter[str] = Counter()
    lengths = []
    for text in texts:
        words = tokens(text or "")
        lengths.append(len(words))
        counts.update(set(words))
    least = 2 if len(lengths) >= 1000 else 1
    frequent = sorted((word for word, n in counts.items() if n >= least), key=lambda word: (-counts[word], word))
    longest = int(np.ceil(np.percentile(lengths, _USUAL))) if lengths else 1
    return Vocabulary(tuple(frequent[:_MOST_WORDS]), min(max(longest, 1), _LONGEST))
