"""Encoded folds, kept for the next trial that wishes for the same."""

from __future__ import annotations

import dataclasses
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from automl.data.dataset import Dataset
from automl.data.folds import ALL_ROWS, Fold
from automl.data.schema import Role
from automl.data.table import Table
from automl.features.derive import Learning
from automl.features.encoder import Encoder, with_selection
from automl.features.encoding import Encoding, Features
from automl.features.fitting import fit_unselected
from automl.features.selection import Ranking, select
from automl.features.target import Target
from automl.features.terms import Counts, CountTerms, TermKind, as_texts, count_terms
from automl.features.toolbox import Toolbox

GIB = 2**30


@dataclass(frozen=True, eq=False)
class EncodedFold:
    """An encoder fitted on a fold's training rows, their features, and those of its score rows, if any.

    They are shared between trials: whoever wants to change an array copies it first.
    """

    encoder: Encoder
    train: Features
    score: Features | None


class _Entry(NamedTuple):
    value: Any
    size: int


@dataclass
class EncoderCache:
    """The most recently used encoded folds of one run in one process, up to `max_bytes` of arrays.

    The key holds the fold's rows and the table's columns, so tables restricted to different roles do not mix.
    The ranking of columns is shared between encodings that differ in `keep` only, and is never forgotten: a job that
    encodes a fold twice must get the same columns, though the time for rankings may be spent in between. Term counts
    of texts are kept for the last text columns seen, as every fold and every encoding reads the same ones.
    """

    seed: int = 0
    toolbox: Toolbox = field(default_factory=Toolbox)
    max_bytes: int = GIB
    _entries: OrderedDict[Hashable, _Entry] = field(default_factory=OrderedDict, init=False, repr=False)
    _rankings: dict[Hashable, Ranking] = field(default_factory=dict, init=False, repr=False)
    _ranking_seconds: float = field(default=0.0, init=False, repr=False)

    @property
    def n_bytes(self) -> int:
        """Bytes that the entries hold now."""
        return sum(entry.size for entry in self._entries.values())

    def encode_fold(self, dataset: Dataset, fold: Fold, encoding: Encoding) -> EncodedFold:
        """Encode a fold's training and score rows by an encoder fitted on the training rows.

        What the toolbox asks of all encodings is added to what this one asks.
        """
        return self._encoded(dataset, fold, self.toolbox.applied(encoding))

    def _encoded(self, dataset: Dataset, fold: Fold, encoding: Encoding) -> EncodedFold:
        key = _key(dataset, fold, encoding)
        found: EncodedFold | None = self._get(key)
        if found is None:
            found = (
                self._selected(dataset, fold, encoding) if encoding.keep < 1.0 else self._fit(dataset, fold, encoding)
            )
            self._put(key, found)
        return found

    def encode_all(self, dataset: Dataset, encoding: Encoding) -> EncodedFold:
        """Encode every row by an encoder fitted on every row; there are no score rows."""
        nothing = np.empty(0, dtype=np.int64)
        return self.encode_fold(dataset, Fold(ALL_ROWS, np.arange(dataset.n_rows), nothing), encoding)

    def _fit(self, dataset: Dataset, fold: Fold, encoding: Encoding) -> EncodedFold:
        part = dataset if _is_everything(fold, dataset) else dataset.take(fold.train)
        target = Target(part.y, part.task, part.weights)
        seed = self.seed + fold.index + 1  # ALL_ROWS is -1, and seeds must not be negative
        count, learning = self._counter(dataset, fold.train), self._learning(dataset, fold, target, seed)
        encoder, train = fit_unselected(encoding, part.table, target, seed, count, learning)
        score = None
        if len(fold.score):
            score = encoder.transform(dataset.table.take(fold.score), self._counter(dataset, fold.score))
        return EncodedFold(encoder, train, score)

    def _selected(self, dataset: Dataset, fold: Fold, encoding: Encoding) -> EncodedFold:
        everything = replace(encoding, keep=1.0)
        base = self._encoded(dataset, fold, replace(everything, selector=Encoding.selector))
        ranking = self._ranking(dataset, fold, everything, base) if base.encoder.names else None
        if ranking is None:
            return base
        selection = select(ranking, encoding.keep, base.encoder.names)
        return EncodedFold(
            encoder=with_selection(base.encoder, encoding, selection),
            train=selection.apply(base.train),
            score=None if base.score is None else selection.apply(base.score),
        )

    def _ranking(self, dataset: Dataset, fold: Fold, encoding: Encoding, base: EncodedFold) -> Ranking | None:
        """Rank a fold's features, or remember how they were ranked; None where the time for rankings is spent."""
        key = _key(dataset, fold, encoding)
        if key in self._rankings:
            return self._rankings[key]
        if self.toolbox.seconds is not None and self._ranking_seconds > self.toolbox.seconds:
            return None
        started = time.monotonic()
        target = Target(dataset.y, dataset.task, dataset.weights).take(fold.train)
        ranking = self.toolbox.selectors[encoding.selector].rank(base.train, target, self.seed + fold.index + 1)
        self._ranking_seconds += time.monotonic() - started
        self._rankings[key] = ranking
        return ranking

    def _counter(self, dataset: Dataset, rows: NDArray[np.int64]) -> CountTerms:
        """Take the term counts of some rows from those of all rows, counted once."""

        def count(name: str, kind: TermKind) -> Counts:
            cells = dataset.table.raw[name]
            key = ("terms", name, kind)
            found = self._get(key)
            if found is None or found[0] is not cells:  # the array itself is kept, so that its identity stays its own
                found = (cells, count_terms(as_texts(cells), kind))
                self._put(key, found)
            return found[1][rows]

        return count

    def _learning(self, dataset: Dataset, fold: Fold, target: Target, seed: int) -> Learning:
        """Measure a fold's columns once for all encodings that ask for it."""

        def once(what: str, measure: Callable[[Table], Any]) -> Callable[[Table], Any]:
            def measured(table: Table) -> Any:
                columns = table.names.get(Role.NUMERIC, ()), table.names.get(Role.CATEGORICAL, ()), table.levels
                key = (what, *_key(dataset, fold, Encoding()), columns)
                found = self._get(key)
                if found is None:
                    found = measure(table)
                    self._put(key, found)
                return found

            return measured

        plain = Learning.of(target, seed, self.toolbox.encoders)
        return replace(plain, strength=once("strength", plain.strength), useful=once("useful", plain.useful))

    def _get(self, key: Hashable) -> Any:
        """Return the entry's value and make it the most recent, or None."""
        if key not in self._entries:
            return None
        self._entries.move_to_end(key)
        return self._entries[key].value

    def _put(self, key: Hashable, value: Any) -> None:
        """Keep a value as the most recent, at the cost of the oldest, unless it is too large by itself."""
        size = n_bytes(value)
        if size > self.max_bytes:
            return
        self._entries[key] = _Entry(value, size)
        self._entries.move_to_end(key)
        while self.n_bytes > self.max_bytes:
            self._entries.popitem(last=False)


def _is_everything(fold: Fold, dataset: Dataset) -> bool:
    """Whether a fold's training rows are all rows in their order, which need not be copied."""
    return fold.index == ALL_ROWS and np.array_equal(fold.train, np.arange(dataset.n_rows))


def _key(dataset: Dataset, fold: Fold, encoding: Encoding) -> tuple[Hashable, ...]:
    names = tuple(sorted((role.value, of_role) for role, of_role in dataset.table.names.items() if of_role))
    rows = zlib.crc32(np.ascontiguousarray(fold.train).data), len(fold.train), len(fold.score)
    return fold.index, rows, names, encoding


def n_bytes(value: Any) -> int:
    """Bytes of the arrays inside a value, of object arrays the references only: tables share the cells."""
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, Mapping):
        return n_bytes(tuple(value.values()))
    if isinstance(value, tuple):
        return sum(n_bytes(item) for item in value)
    if dataclasses.is_dataclass(value):
        return sum(n_bytes(getattr(value, f.name)) for f in dataclasses.fields(value))
    if hasattr(value, "indptr"):
        return int(value.data.nbytes + value.indices.nbytes + value.indptr.nbytes)
    return 0
