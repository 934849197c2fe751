"""Texts as coordinates: a truncated SVD of TF-IDF, and a few statistics (latent semantic analysis).

Deerwester, Dumais, Furnas, Landauer and Harshman, Indexing by latent semantic analysis, 1990,
doi:10.1002/(SICI)1097-4571(199009)41:6<391::AID-ASI1>3.0.CO;2-9. Here terms are hashed and counts enter as 1
+ log.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.data.sampling import sample_rows
from automl.features.terms import N_BUCKETS, Counts, TermKind
from automl.storage import storable

MOST_TERMS = 20_000
MOST_ROWS = 10_000
"""Rows that the SVD is learned from; idf and the choice of terms use all."""


@storable("text_encoder")
@dataclass(frozen=True, eq=False)
class TextEncoder:
    """One text column: the `buckets` of its terms (n_terms,) int32, ascending, their `idf` (n_terms,) float32.

    `components` (n_terms, n_dims) float32 project a normalised row of TF-IDF; they are scaled so that the
    first coordinate has unit variance in training and the others keep their size relative to it.
    """

    name: str
    kind: TermKind
    buckets: NDArray[np.int32]
    idf: NDArray[np.float32]
    components: NDArray[np.float32]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the coordinates."""
        return tuple(f"{self.name} topic {i + 1}" for i in range(self.components.shape[1]))

    @property
    def cardinalities(self) -> NDArray[np.int64]:
        """Numbers of codes, (n_dims,) int64: 0, as these are numbers."""
        return np.zeros(len(self.names), dtype=np.int64)

    @cached_property
    def _positions(self) -> NDArray[np.int32]:
        """Position of each bucket among the terms, (N_BUCKETS,) int32, -1 for those left out."""
        positions = np.full(N_BUCKETS, -1, dtype=np.int32)
        positions[self.buckets] = np.arange(len(self.buckets), dtype=np.int32)
        return positions

    def transform(self, counts: Counts) -> NDArray[np.float32]:
        """Project term counts (n_rows, N_BUCKETS) to (n_rows, n_dims) float32."""
        return np.asarray(weigh(counts, self._positions, self.idf) @ self.components, dtype=np.float32)


def weigh(counts: Counts, positions: NDArray[np.int32], idf: NDArray[np.float32]) -> Any:
    """Turn counts (n_rows, N_BUCKETS) into TF-IDF, CSR (n_rows, n_terms) float32 with rows of length one."""
    from scipy.sparse import csr_array

    n_rows = counts.shape[0]
    terms = positions[counts.indices]
    known = terms >= 0
    rows = np.repeat(np.arange(n_rows), np.diff(counts.indptr))[known]
    terms = terms[known]
    weights = (1.0 + np.log(counts.data[known])) * idf[terms]
    lengths = np.sqrt(np.bincount(rows, weights=weights.astype(np.float64) ** 2, minlength=n_rows))
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n_rows))])
    return csr_array(((weights / lengths[rows]).astype(np.float32), terms, starts), shape=(n_rows, len(idf)))


def fit_text(name: str, kind: TermKind, counts: Counts, dims: int, seed: int) -> TextEncoder | None:
    """Fit on training rows' term counts (n_rows, N_BUCKETS); None where nothing tells the texts apart."""
    from sklearn.utils.extmath import randomized_svd

    n_rows = counts.shape[0]
    document_counts = np.bincount(counts.indices, minlength=N_BUCKETS)
    usable = (document_counts >= (2 if n_rows >= 50 else 1)) & (document_counts < n_rows)
    frequent = np.argsort(-(document_counts * usable), kind="stable")[: min(MOST_TERMS, int(usable.sum()))]
    buckets = np.sort(frequent).astype(np.int32)
    dims = min(dims, len(buckets), n_rows)
    if dims < 1:
        return None
    idf = (np.log((1 + n_rows) / (1 + document_counts[buckets])) + 1.0).astype(np.float32)
    encoder = TextEncoder(name, kind, buckets, idf, np.zeros((len(buckets), 0), dtype=np.float32))
    rows = sample_rows(n_rows, MOST_ROWS, seed)
    weighted = weigh(counts[rows], encoder._positions, idf)
    left, singular, right = randomized_svd(weighted, n_components=dims, n_iter=4, random_state=seed)
    kept = singular > 1e-4 * singular[0]
    spread = (left[:, kept] * singular[kept]).std(axis=0).max(initial=0.0)
    if not spread > 0:
        return None
    components = np.ascontiguousarray((right[kept] / spread).T, dtype=np.float32)
    return TextEncoder(name, kind, buckets, idf, components)
