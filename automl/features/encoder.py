"""From a table to features, learned on training rows only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from automl.data.schema import Role
from automl.data.table import Table
from automl.errors import DataError
from automl.features.categories import CategoryEncoder, fit_categories
from automl.features.crosses import Crosses
from automl.features.dates import DateEncoder, fit_dates
from automl.features.derive import Learning, fit_derivations
from automl.features.derived import Derivation
from automl.features.encoding import Encoding, Features
from automl.features.numbers import NumberEncoder, fit_numbers
from automl.features.selection import Selection, select
from automl.features.selectors import SELECTORS
from automl.features.target import Target
from automl.features.terms import Counts, CountTerms, TermKind, as_texts, count_terms, kind_of
from automl.features.text import TextEncoder, fit_text
from automl.features.text_stats import TextStats, fit_text_stats
from automl.storage import storable
from automl.task import Task


@storable("encoder")
@dataclass(frozen=True, eq=False)
class Encoder:
    """A fitted encoding: what prediction needs to turn rows into the features a model was trained on.

    `inputs` are the columns of the table it was fitted on, by role. `derivations` add columns to a table, each reading
    those of the ones before; the other parts read the result. A part is None where there is nothing for it to do.
    `names` and `cardinalities` (n_features,) int64 describe the features after selection. Dates and
    text statistics are numbers, and `numbers` scales them after the table's own.
    """

    encoding: Encoding
    inputs: Mapping[Role, tuple[str, ...]]
    dates: DateEncoder | None
    text_stats: TextStats | None
    numbers: NumberEncoder | None
    categories: CategoryEncoder | None
    texts: tuple[TextEncoder, ...]
    raw: tuple[str, ...]
    selection: Selection | None
    names: tuple[str, ...]
    cardinalities: NDArray[np.int64]
    derivations: tuple[Derivation, ...] = ()

    @property
    def uses_target(self) -> bool:
        """Whether fitting it looked at the targets of the training rows."""
        chose = self.selection is not None or (self.derivations and self.encoding.chooses)
        return bool(chose) or (self.categories is not None and self.categories.uses_target)

    def transform(self, table: Table, count: CountTerms | None = None) -> Features:
        """Encode rows that are not training rows; `count` may supply term counts that are already there."""
        self._check(table)
        for derivation in self.derivations:
            table = derivation.extend(table)
        pieces = []
        if self.numbers is not None:
            pieces.append(self.numbers.transform(_numbers_of(table, self.dates, self.text_stats)))
        if self.categories is not None:
            pieces.append(self.categories.transform(table))
        if self.texts:
            count = count or counter_of(table)
            pieces += [text.transform(count(text.name, text.kind)) for text in self.texts]
        return self._features(table, pieces)

    def _features(self, table: Table, pieces: list[NDArray[np.float32]]) -> Features:
        """Put pieces (n_rows, n_columns) side by side and select among their columns."""
        matrix = np.empty((table.n_rows, sum(piece.shape[1] for piece in pieces)), dtype=np.float32)
        start = 0
        while pieces:  # each is let go once it is copied: together they are as large as the result
            piece = pieces.pop(0)
            matrix[:, start : start + piece.shape[1]] = piece
            start += piece.shape[1]
        if self.selection is not None:
            matrix = np.take(matrix, self.selection.columns, axis=1)
        return Features(matrix, self.names, self.cardinalities, {name: table.raw[name] for name in self.raw})

    def _check(self, table: Table) -> None:
        """Refuse a table whose columns are not those it was fitted on."""
        for role in Role:
            expected, found = self.inputs.get(role, ()), table.names.get(role, ())
            if expected != found:
                raise DataError(
                    f"the {role} columns must be those of training, {list(expected)}, but got {list(found)}: "
                    "prepare the table with the schema that the model was trained with"
                )


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
    pieces, names, cardinalities = [], list[str](), list[NDArray[np.int64]]()
    dates = text_stats = None
    text_names = table.names.get(Role.TEXT, ()) if encoding.text == "svd" else ()
    if encoding.dates != "drop" and (date_names := table.names.get(Role.DATETIME, ())):
        dates = fit_dates(table.datetime, date_names, encoding.dates == "cyclic")
    if text_names:
        text_stats = fit_text_stats([as_texts(table.raw[name]) for name in text_names], text_names)

    number_names = table.names.get(Role.NUMERIC, ())
    number_names += (dates.names if dates else ()) + (text_stats.names if text_stats else ())
    numbers = None
    if number_names:
        numbers, scaled = _fit_numbers(encoding, _numbers_of(table, dates, text_stats), number_names)
        pieces.append(scaled)
        names += numbers.names
        cardinalities.append(np.zeros(len(numbers.names), dtype=np.int64))

    # Crosses have so many levels that their means tell more than their codes, which trees would learn by heart.
    crossed = [made.name for part in derivations if isinstance(part, Crosses) for made in part.made]
    fitted = fit_categories(encoding, table, target, seed, crossed)
    if fitted is not None:
        pieces.append(fitted[1])
        names += fitted[0].names
        cardinalities.append(fitted[0].cardinalities)

    texts = _fit_texts(encoding, table, text_names, seed, count or counter_of(table))
    for text, matrix in texts:
        pieces.append(matrix)
        names += text.names
        cardinalities.append(np.zeros(len(text.names), dtype=np.int64))
    encoder = Encoder(
        encoding=replace(encoding, keep=1.0),
        inputs=inputs,
        derivations=derivations,
        dates=dates,
        text_stats=text_stats,
        numbers=numbers,
        categories=fitted[0] if fitted else None,
        texts=tuple(text for text, _ in texts),
        raw=_raw_names(encoding, table),
        selection=None,
        names=unique_names(names),
        cardinalities=np.concatenate(cardinalities) if cardinalities else np.empty(0, dtype=np.int64),
    )
    return encoder, encoder._features(table, pieces)


def _fit_numbers(
    encoding: Encoding, values: NDArray[np.float64], names: tuple[str, ...]
) -> tuple[NumberEncoder, NDArray[np.float32]]:
    """Fit and scale; a function of its own, so that the values are let go when it returns."""
    numbers = fit_numbers(encoding, values, names)
    return numbers, numbers.transform(values)


def with_selection(encoder: Encoder, encoding: Encoding, selection: Selection) -> Encoder:
    """Return the encoder of the same columns that keeps only those selected, as `encoding` asked."""
    return replace(
        encoder,
        encoding=encoding,
        selection=selection,
        names=tuple(encoder.names[i] for i in selection.columns),
        cardinalities=encoder.cardinalities[selection.columns],
    )


def counter_of(table: Table) -> CountTerms:
    """Count the terms of a table's own texts."""

    def count(name: str, kind: TermKind) -> Counts:
        return count_terms(as_texts(table.raw[name]), kind)

    return count


def _fit_texts(
    encoding: Encoding, table: Table, names: tuple[str, ...], seed: int, count: CountTerms
) -> list[tuple[TextEncoder, NDArray[np.float32]]]:
    """Fit each text column and encode its training rows; columns with nothing to learn are left out."""
    fitted = []
    for name in names:
        suits = kind_of(as_texts(table.raw[name]))
        kinds: tuple[TermKind, ...] = ("words", "characters") if encoding.text_terms == "both" else (suits,)
        for kind in kinds:
            counts = count(name, kind)
            text = fit_text(name, kind, counts, encoding.text_dims, seed)
            if text is not None:
                fitted.append((text, text.transform(counts)))
    return fitted


def _numbers_of(table: Table, dates: DateEncoder | None, text_stats: TextStats | None) -> NDArray[np.float64]:
    """The table's numbers, then those made of dates and texts: (n_rows, n_numbers) float64."""
    if dates is None and text_stats is None:
        return table.numeric
    blocks = [table.numeric]
    if dates is not None:
        blocks.append(dates.transform(table.datetime))
    if text_stats is not None:
        blocks.append(text_stats.transform([as_texts(table.raw[name]) for name in table.names[Role.TEXT]]))
    return np.concatenate(blocks, axis=1)


def _raw_names(encoding: Encoding, table: Table) -> tuple[str, ...]:
    """Columns that pass through, by the wishes for texts, images and sequences."""
    wishes = {Role.TEXT: encoding.text, Role.IMAGE: encoding.images, Role.SEQUENCE: encoding.sequences}
    return tuple(name for role, wish in wishes.items() if wish == "raw" for name in table.names.get(role, ()))


def unique_names(names: list[str]) -> tuple[str, ...]:
    """Number repeated names, which arise where a column is called what another's feature is."""
    taken: set[str] = set()
    unique = []
    for name in names:
        candidate, number = name, 2
        while candidate in taken:
            candidate, number = f"{name} ({number})", number + 1
        taken.add(candidate)
        unique.append(candidate)
    return tuple(unique)
