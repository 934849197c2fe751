"""Counts of the terms in texts, by hashing: nothing is learned, so one count serves every fold."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

TermKind = Literal["words", "characters"]
"""Words and pairs of words; or 2 to 4 characters within a word, for names, codes and the like."""

Counts = Any
"""A scipy CSR matrix (n_texts, N_BUCKETS) float32 of term counts."""

CountTerms = Callable[[str, TermKind], Counts]
"""Return the term counts of the rows at hand for a text column, given by name."""

N_BUCKETS = 2**18
_LONGEST = 10_000  # characters of a text that are read; the rest seldom changes what it is about
_SAMPLE = 1000


def as_texts(cells: NDArray[np.object_]) -> list[str]:
    """Cells (n_rows,) as texts, a missing one as the empty text."""
    return [cell if isinstance(cell, str) else "" for cell in cells]


def count_terms(texts: list[str], kind: TermKind) -> Counts:
    """Count the terms of each text."""
    if not texts:  # which the hasher would refuse
        from scipy.sparse import csr_array

        return csr_array((0, N_BUCKETS), dtype=np.float32)
    return _hasher(kind).transform(text[:_LONGEST] for text in texts)


def kind_of(texts: list[str]) -> TermKind:
    """Choose characters for short texts and for scripts that do not part words with spaces."""
    full = [text for text in texts if text][:_SAMPLE]
    if not full:
        return "words"
    words = np.array([len(text.split()) for text in full])
    characters = np.array([len(text) for text in full])
    short = np.median(words) <= 3 and np.median(characters) <= 40
    unspaced = np.median(characters / np.maximum(words, 1)) > 12
    return "characters" if short or unspaced else "words"


@lru_cache(maxsize=2)
def _hasher(kind: TermKind) -> Any:
    from sklearn.feature_extraction.text import HashingVectorizer

    analyzer, sizes = ("word", (1, 2)) if kind == "words" else ("char_wb", (2, 4))
    return HashingVectorizer(
        analyzer=analyzer,
        ngram_range=sizes,
        n_features=N_BUCKETS,
        alternate_sign=False,
        norm=None,
        dtype=np.float32,
    )
