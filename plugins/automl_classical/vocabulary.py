"""TF-IDF over the terms that training rows showed: sparse, bounded, and nothing but arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from automl.plugin import storable
from automl_classical.terms import FEWEST_CHARACTERS, Counts, TermKind, count

Weighting = Literal["binary", "tfidf", "sublinear"]
"""Whether a term is there; how often, times the logarithm of its rarity (idf); or 1 + log of how often, times idf."""
WEIGHTINGS: tuple[Weighting, ...] = ("binary", "tfidf", "sublinear")

Sparse = Any
"""A scipy CSR array (n_rows, n_terms) float32."""

MOST_TERMS = 2**17
MOST_CELLS = 2**21
"""Weights that a vocabulary may cost in a model: with many labels it holds fewer terms."""
_CHARACTERS: dict[TermKind, int] = {"words": 60_000_000, "characters": 15_000_000}  # that are read in all
_LONGEST_TEXT, _SHORTEST_CUT = 10_000, 200
_FEW_ROWS = 50  # below which a term may be in one row only


@dataclass(frozen=True)
class Wish:
    """What a vocabulary is to hold: terms of up to `longest` words or characters that are in `min_df` training rows."""

    kind: TermKind
    longest: int
    weighting: Weighting
    min_df: int


@storable("classical.vocabulary")
@dataclass(frozen=True)
class Vocabulary:
    """A text column's terms of one kind: hashes `terms` (n_terms,) int64, ascending, and `idf` (n_terms,) float32.

    Texts are read up to `cut` characters.
    """

    column: str
    kind: Literal["words", "characters"]
    longest: int
    weighting: Literal["binary", "tfidf", "sublinear"]
    cut: int
    terms: NDArray[np.int64]
    idf: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.terms.ndim != 1 or self.terms.shape != self.idf.shape or not np.isfinite(self.idf).all():
            raise ValueError("a vocabulary needs a finite weight for each term")
        if (np.diff(self.terms) <= 0).any():
            raise ValueError("a vocabulary's terms must ascend")
        if self.longest > 100 or self.cut > _LONGEST_TEXT:
            raise ValueError("a vocabulary's terms and texts must not be longer than any that is learned")

    def read(self, cells: NDArray[np.object_]) -> Sparse:
        """Return TF-IDF, (n_rows, n_terms) with rows of length one, or zero where no term is known."""
        return self._weigh(count(cut_texts(cells, self.cut), self.kind, self.longest), len(cells))

    def _weigh(self, counts: Counts, n_rows: int) -> Sparse:
        from scipy.sparse import csr_array

        place = np.minimum(np.searchsorted(self.terms, counts.terms), max(0, len(self.terms) - 1))
        known = self.terms[place] == counts.terms if len(self.terms) else np.zeros(len(place), dtype=bool)
        rows, place, times = counts.rows[known], place[known], counts.times[known]
        if self.weighting == "binary":
            values = np.ones(len(place), dtype=np.float32)
        else:
            values = (times if self.weighting == "tfidf" else 1 + np.log(times)) * self.idf[place]
        lengths = np.sqrt(np.bincount(rows, weights=values.astype(np.float64) ** 2, minlength=n_rows))
        starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n_rows))])
        values = (values / lengths[rows]).astype(np.float32)
        return csr_array((values, place, starts), shape=(n_rows, len(self.terms)))


def learn_vocabulary(cells: NDArray[np.object_], column: str, wish: Wish, n_scores: int) -> tuple[Vocabulary, Sparse]:
    """Return the vocabulary of training cells and their TF-IDF; a term in every row tells nothing and is left out."""
    n_rows = len(cells)
    budget = _CHARACTERS[wish.kind] // max(1, n_rows)
    cut = min(_LONGEST_TEXT, max(_SHORTEST_CUT, budget))
    counts = count(cut_texts(cells, cut), wish.kind, wish.longest)
    terms, in_rows = np.unique(counts.terms, return_counts=True)
    usable = (in_rows >= (wish.min_df if n_rows >= _FEW_ROWS else 1)) & (in_rows < n_rows)
    terms, in_rows = terms[usable], in_rows[usable]
    most = min(MOST_TERMS, max(1, MOST_CELLS // n_scores))
    frequent = np.sort(np.argsort(-in_rows, kind="stable")[:most])
    terms, in_rows = terms[frequent], in_rows[frequent]
    idf = (np.log((1 + n_rows) / (1 + in_rows)) + 1).astype(np.float32)
    found = Vocabulary(column, wish.kind, wish.longest, wish.weighting, cut, terms, idf)
    return found, found._weigh(counts, n_rows)


def cut_texts(cells: NDArray[np.object_], cut: int) -> Sequence[str]:
    """Return the beginnings of texts, of missing ones nothing."""
    return [cell[:cut] if isinstance(cell, str) else "" for cell in cells]


def wishes(words: int, characters: int, weighting: Weighting, min_df: int) -> tuple[Wish, ...]:
    """Return the wishes for terms of up to so many words, and of so many characters where it is no fewer than three."""
    found = (Wish("words", words, weighting, min_df), Wish("characters", characters, weighting, min_df))
    return tuple(wish for wish in found if wish.longest >= (1 if wish.kind == "words" else FEWEST_CHARACTERS))
