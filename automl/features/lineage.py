"""Where each feature comes from: the table's columns behind what a fitted encoder makes."""

from __future__ import annotations

from dataclasses import dataclass

from automl.data.schema import Role
from automl.features.arithmetic import Arithmetic
from automl.features.bins import Bins
from automl.features.categories import CategoryEncoder
from automl.features.codes import CodeColumns
from automl.features.crosses import Crosses
from automl.features.derived import Derivation
from automl.features.encoder import Encoder, distinct
from automl.features.entities import Entities
from automl.features.frequency import Frequencies
from automl.features.groups import GroupStatistics
from automl.features.onehot import OnehotColumns
from automl.features.screening import Screened
from automl.features.text_stats import STATS

_HOW: dict[type[Derivation], str] = {
    Arithmetic: "arithmetic",
    Bins: "range",
    Crosses: "cross",
    Entities: "part of the text",
    Frequencies: "frequency",
    GroupStatistics: "group statistic",
}


@dataclass(frozen=True)
class Origin:
    """A feature: its name, the table's columns it is made of, and how; `why` it was dropped, "" where it is kept."""

    name: str
    columns: tuple[str, ...]
    how: str
    why: str = ""


@dataclass(frozen=True)
class _Source:
    columns: tuple[str, ...]
    how: str


def origins(encoder: Encoder) -> list[Origin]:
    """Return every feature of an encoder, those that selection dropped and columns that it screened out included."""
    numbers = {name: _Source((name,), "number") for name in encoder.inputs.get(Role.NUMERIC, ())}
    categories = {name: _Source((name,), "category") for name in encoder.inputs.get(Role.CATEGORICAL, ())}
    gone: list[Origin] = []
    for derivation in encoder.derivations:
        if isinstance(derivation, Screened):
            names = list(numbers), list(categories)
            kept = {names[0][i] for i in derivation.numeric} | {names[1][i] for i in derivation.categorical}
            gone += [Origin(n, (n,), s.how, "screened out: no better than chance") for n, s in
                     (numbers | categories).items() if n not in kept]  # fmt: skip
            numbers = {n: s for n, s in numbers.items() if n in kept}
            categories = {n: s for n, s in categories.items() if n in kept}
        known = numbers | categories
        for made in derivation.made:
            behind = [known[s].columns if s in known else (s,) for s in made.sources]
            columns = tuple(dict.fromkeys(column for group in behind for column in group))
            source = _Source(columns, _HOW.get(type(derivation), "plugin"))
            (categories if made.levels else numbers)[made.name] = source
    sources = _of_numbers(encoder, list(numbers.items()))
    if encoder.categories is not None:
        sources += _of_categories(encoder.categories, list(categories.values()))
    sources += [_Source((text.name,), "topic of the text") for text in encoder.texts for _ in text.names]
    names_made = [*(encoder.numbers.names if encoder.numbers else ())]
    names_made += [*(encoder.categories.names if encoder.categories else ())]
    names_made += [name for text in encoder.texts for name in text.names]
    why = encoder.selection.reasons if encoder.selection is not None else ()
    found = [
        Origin(name, source.columns, source.how, why[i] if why else "")
        for i, (name, source) in enumerate(zip(distinct(names_made), sources, strict=True))
    ]
    return found + [Origin(name, (name,), "as it is") for name in encoder.raw] + gone


def _of_numbers(encoder: Encoder, numbers: list[tuple[str, _Source]]) -> list[_Source]:
    """Sources of what the number encoder makes of the table's numbers, dates and text statistics."""
    if encoder.numbers is None:
        return []
    sources = [source for _, source in numbers]
    if encoder.dates is not None:
        dates = encoder.inputs[Role.DATETIME]
        sources += [_Source(tuple(dates[i] for i in columns), "date part") for columns in encoder.dates.columns]
    if encoder.text_stats is not None:
        texts = encoder.inputs[Role.TEXT]
        sources += [_Source((texts[i // len(STATS)],), "text statistic") for i in encoder.text_stats.chosen]
    made = [sources[i] for i in encoder.numbers.columns]
    return made + [_Source(sources[i].columns, "indicator of gaps") for i in encoder.numbers.indicators]


def _of_categories(encoder: CategoryEncoder, categories: list[_Source]) -> list[_Source]:
    made: list[_Source] = []
    for part in encoder.parts:
        own = [categories[i] for i in part.index.columns]
        if isinstance(part, CodeColumns):
            made += own
        elif isinstance(part, OnehotColumns):
            of_output = [own[0]] * len(part.names)
            for source, targets in zip(own, part.index.split(part.targets), strict=True):
                for target in targets:
                    if target < len(part.names):
                        of_output[target] = _Source(source.columns, "level")
            made += of_output
        else:
            n_outputs = len(part.names) // max(1, len(own))
            how = [s.how if s.how != "category" else "" for s in own]
            made += [
                _Source(s.columns, f"target mean of a {h}" if h else "target mean")
                for s, h in zip(own, how, strict=True)
                for _ in range(n_outputs)
            ]
    return made
