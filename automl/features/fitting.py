"""Learning an encoder on training rows, and on nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from automl.data.sampling import sample_rows
from automl.data.schema import Role
from automl.data.table import Table
from automl.errors import DataError
from automl.features.blocks import Columns
from automl.features.categories import fit_categories
from automl.features.crosses import Crosses
from automl.features.dates import DateEncoder, fit_dates
from automl.features.derive import Learning, fit_derivations
from automl.features.derived import Derivation
from automl.features.encoder import Encoder, counter_of, distinct, number_columns, numbers_of, with_selection
from automl.features.encoding import Encoding, Features
from automl.features.numbers import MOST_ROWS, NumberEncoder, fit_numbers
from automl.features.selection import select
from automl.features.selectors import SELECTORS
from automl.features.target import Target
from automl.features.terms import CountTerms, TermKind, as_texts, kind_of
from automl.features.text import TextEncoder, fit_text
from automl.features.text_stats import TextStats, fit_text_stats
from automl.task import Task


def fit_transform(
    encoding: Encoding,
    table: Table,
    y: NDArray[np.int64] | NDArray[np.float64],
    task: Task,
    weights: NDArray[np.float64] | None,
    seed: int,
) -> tuple[Encoder, Features]:
    """Fit on training rows with targets `y` (n_rows,) and weights (n_rows,) float64, None for equal ones.

    Their features are returned too; means of the target are out-of-fold in them. Raises `DataError` without rows, or
    where `y` has another length.
    """
    target = Target(y, task, weights)
    encoder, features = fit_unselected(encoding, table, target, seed)
    if encoding.keep == 1.0 or not encoder.names:
        return encoder, features
    ranking = SELECTORS[encoding.selector].rank(features, target, seed)
    selection = select(ranking, encoding.keep, encoder.names)
    return with_selection(encoder, encoding, selection), selection.apply(features)


def fit_unselected(
    encoding: Encoding,
    table: Table,
    target: Target,
    seed: int,
    count: CountTerms | None = None,
    learning: Learning | None = None,
) -> tuple[Encoder, Features]:
    """Do the same as `fit_transform`, but keep every column whatever `encoding.keep` says.

    `count` and `learning` may supply what is known already.
    """
    if not table.n_rows or len(target.y) != table.n_rows:
        raise DataError(f"an encoder learns from a target a row, but got {len(target.y)} for {table.n_rows} rows")
    inputs = {role: tuple(of_role) for role, of_role in table.names.items() if of_role}
    derivations, table = fit_derivations(encoding, table, learning or Learning.of(target, seed))
    dates, text_stats = _fit_dates(encoding, table), _fit_text_stats(encoding, table)
    made = _Made()
    numbers = made.by(_fit_numbers(encoding, table, dates, text_stats))
    categories = made.by(fit_categories(encoding, table, target, seed, _crossed(derivations)))
    texts = [made.by(text) for text in _fit_texts(encoding, table, seed, count or counter_of(table))]
    encoder = Encoder(
        encoding=replace(encoding, keep=1.0),
        inputs=inputs,
        derivations=derivations,
        dates=dates,
        text_stats=text_stats,
        numbers=numbers,
        categories=categories,
        texts=tuple(text for text in texts if text is not None),
        raw=_raw_names(encoding, table),
        selection=None,
        names=distinct(made.names),
        cardinalities=np.array(made.cardinalities, dtype=np.int64),
    )
    return encoder, encoder.assembled(table, made.columns)


class _Part(Protocol):
    """A part of an encoder that makes features."""

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def cardinalities(self) -> NDArray[np.int64]: ...


P = TypeVar("P", bound=_Part)


class _Made:
    """Collects what the parts of an encoder make of the training rows."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.cardinalities: list[int] = []
        self.columns: list[Columns] = []

    def by(self, fitted: tuple[P, list[Columns]] | None) -> P | None:
        """Collect what a part has made, and return the part."""
        if fitted is None:
            return None
        part, columns = fitted
        self.names += part.names
        self.cardinalities += part.cardinalities.tolist()
        self.columns += columns
        return part


def _fit_dates(encoding: Encoding, table: Table) -> DateEncoder | None:
    names = table.names.get(Role.DATETIME, ())
    if encoding.dates == "drop" or not names:
        return None
    return fit_dates(table.datetime, names, encoding.dates == "cyclic")


def _encoded_texts(encoding: Encoding, table: Table) -> tuple[str, ...]:
    return table.names.get(Role.TEXT, ()) if encoding.text == "svd" else ()


def _fit_text_stats(encoding: Encoding, table: Table) -> TextStats | None:
    names = _encoded_texts(encoding, table)
    return fit_text_stats([as_texts(table.raw[name]) for name in names], names) if names else None


def _fit_numbers(
    encoding: Encoding, table: Table, dates: DateEncoder | None, text_stats: TextStats | None
) -> tuple[NumberEncoder, list[Columns]] | None:
    names = table.names.get(Role.NUMERIC, ())
    names += (dates.names if dates else ()) + (text_stats.names if text_stats else ())
    if not names:
        return None
    rows = sample_rows(table.n_rows, MOST_ROWS, seed=0)
    known = table if len(rows) == table.n_rows else table.take(rows)
    numbers = fit_numbers(encoding, numbers_of(known, dates, text_stats), names)
    return numbers, [number_columns(numbers, table, dates, text_stats)]


def _crossed(derivations: tuple[Derivation, ...]) -> list[str]:
    """Return the names of crosses.

    They have so many levels that their means tell more than their codes, which trees would learn by heart.
    """
    return [made.name for part in derivations if isinstance(part, Crosses) for made in part.made]


def _fit_texts(
    encoding: Encoding, table: Table, seed: int, count: CountTerms
) -> Iterator[tuple[TextEncoder, list[Columns]] | None]:
    """Fit each text column and encode its training rows; None for one with nothing to learn."""
    for name in _encoded_texts(encoding, table):
        suits = kind_of(as_texts(table.raw[name]))
        kinds: tuple[TermKind, ...] = ("words", "characters") if encoding.text_terms == "both" else (suits,)
        for kind in kinds:
            counts = count(name, kind)
            text = fit_text(name, kind, counts, encoding.text_dims, seed)
            yield None if text is None else (text, [Columns.given(text.transform(counts))])


def _raw_names(encoding: Encoding, table: Table) -> tuple[str, ...]:
    """Columns that pass through, by the wishes for texts, images and sequences."""
    wishes = {Role.TEXT: encoding.text, Role.IMAGE: encoding.images, Role.SEQUENCE: encoding.sequences}
    return tuple(name for role, wish in wishes.items() if wish == "raw" for name in table.names.get(role, ()))
