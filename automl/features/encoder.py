"""A fitted encoding: from a table's rows to features. `automl.features.fitting` learns it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from automl.data.schema import Role
from automl.data.table import Table
from automl.errors import DataError
from automl.features import derive  # noqa: F401 - registers the derivations that a saved encoder may hold
from automl.features.blocks import Columns, beside
from automl.features.categories import CategoryEncoder
from automl.features.dates import DateEncoder
from automl.features.derived import Derivation
from automl.features.encoding import Encoding, Features
from automl.features.numbers import NumberEncoder
from automl.features.selection import Selection
from automl.features.terms import Counts, CountTerms, TermKind, as_texts, count_terms
from automl.features.text import TextEncoder
from automl.features.text_stats import TextStats
from automl.storage import storable


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
        columns: list[Columns] = []
        if self.numbers is not None:
            columns.append(number_columns(self.numbers, table, self.dates, self.text_stats))
        if self.categories is not None:
            columns += self.categories.columns(table)
        if self.texts:
            count = count or counter_of(table)
            columns += [Columns.given(text.transform(count(text.name, text.kind))) for text in self.texts]
        return self.assembled(table, columns)

    def assembled(self, table: Table, columns: list[Columns]) -> Features:
        """Put what the parts make of a table's rows side by side, and select among the columns."""
        matrix = beside(columns, table.n_rows)
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


def number_columns(
    numbers: NumberEncoder, table: Table, dates: DateEncoder | None, text_stats: TextStats | None
) -> Columns:
    """Scale a table's numbers, and those made of its dates and texts."""
    return Columns(len(numbers.names), lambda rows: numbers.transform(numbers_of(table.part(rows), dates, text_stats)))


def numbers_of(table: Table, dates: DateEncoder | None, text_stats: TextStats | None) -> NDArray[np.float64]:
    """Return the table's numbers, then those made of dates and texts: (n_rows, n_numbers) float64."""
    if dates is None and text_stats is None:
        return table.numeric
    blocks = [table.numeric]
    if dates is not None:
        blocks.append(dates.transform(table.datetime))
    if text_stats is not None:
        blocks.append(text_stats.transform([as_texts(table.raw[name]) for name in table.names[Role.TEXT]]))
    return np.concatenate(blocks, axis=1)


def distinct(names: list[str]) -> tuple[str, ...]:
    """Number repeated names of features, which arise where a column is called what another's feature is."""
    taken: set[str] = set()
    result = []
    for name in names:
        candidate, number = name, 2
        while candidate in taken:
            candidate, number = f"{name} ({number})", number + 1
        taken.add(candidate)
        result.append(candidate)
    return tuple(result)
