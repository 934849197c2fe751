"""The role of one column: what its cells look like, or what a user says they are."""

from __future__ import annotations

import re
from statistics import fmean

import numpy as np

from automl.data.cells import truth_levels
from automl.data.dates import ISO, choose_date_parsing, forced_date_parsing
from automl.data.numeric import PLAIN, choose_number_parsing
from automl.data.schema import Column, Role
from automl.data.sequences import looks_like_sequences, sequence
from automl.data.sketch import Sketch
from automl.errors import DataError

_IMAGE = re.compile(r".+\.(?:jpe?g|png|bmp|gif|tiff?|webp|ppm|pgm)", re.IGNORECASE)
# Written Chinese, Japanese and Korean has no blanks between words; two characters make about one word.
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")

# Whole numbers are measurements or counts unless the last word of the column's name says that they name something.
_CODE_NAMES = frozenset(
    {"id", "code", "zip", "zipcode", "postcode", "postal", "type", "class", "category", "cluster", "sku", "uuid"}
)
_MOST_SPELLINGS = 4  # of two values, blanks around them included
_MOST_CODES = 1000  # beyond, a code per few rows teaches nothing that its size would not

# Text is read, a category is counted. Cells of several words that mostly differ are text; long cells are text even
# if half of them repeat; two words are text only when nearly no cell repeats (names of persons, titles).
_WORDS = 3.0
_WORDS_LONG = 6.0
_DISTINCT = 0.5
_DISTINCT_LONG = 0.1
_DISTINCT_SHORT = 0.95
_FEWEST_TEXTS = 20
_LONG_CODE = 40  # characters; longer cells without a blank are text read by its letters (addresses, molecules)


def name_words(name: str) -> list[str]:
    """Words of a column name in lower case: `customer_ID`, `customerID` and `Customer Id` have the same."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", name)]


def words(text: str) -> float:
    """Count the words of a text."""
    wide = len(_WIDE.findall(text))
    return wide / 2 if wide else len(text.split())


def natural_column(sketch: Sketch) -> Column:
    """Give a column the role that its cells suggest."""
    return _words(sketch) if sketch.kind == "O" else _typed(sketch)


def _typed(sketch: Sketch) -> Column:
    if sketch.kind in "mM":
        return as_role(sketch, Role.DATETIME if sketch.kind == "M" else Role.NUMERIC, f"dtype {sketch.series.dtype}")
    if sketch.kind == "b":
        return as_role(sketch, Role.BOOLEAN, "dtype boolean")
    return _numbers(sketch, PLAIN)


def _words(sketch: Sketch) -> Column:
    if sketch.series.dtype.name == "category":
        return as_role(sketch, Role.CATEGORICAL, "dtype category")
    if looks_like_sequences(sketch.sample):
        return as_role(sketch, Role.SEQUENCE, "every cell is a row of numbers")
    parsing = choose_number_parsing(sketch.sample)
    if parsing is not None:
        return _numbers(sketch, parsing)
    if sketch.n_distinct <= _MOST_SPELLINGS and truth_levels(list(sketch.levels())):
        return as_role(sketch, Role.BOOLEAN, "two values that mean no and yes")
    if sketch.texts and all(_IMAGE.fullmatch(text) for text in sketch.texts):
        return as_role(sketch, Role.IMAGE, "cells name image files")
    dates = choose_date_parsing(sketch.sample)
    if dates is not None:
        return Column(sketch.name, Role.DATETIME, f"cells are dates ({dates})", parsing=dates)
    if reason := _why_text(sketch) if sketch.hashable else "cells are lists, read as text":
        return Column(sketch.name, Role.TEXT, reason)
    return as_role(sketch, Role.CATEGORICAL, f"{sketch.n_distinct} distinct values")


def _numbers(sketch: Sketch, parsing: str) -> Column:
    numbers = sketch.numbers(parsing)
    numbers = numbers[~np.isnan(numbers)]
    if set(numbers.tolist()) == {0.0, 1.0}:
        return Column(sketch.name, Role.BOOLEAN, "only 0 and 1", levels=("0", "1"))
    whole = bool(numbers.size) and bool((numbers == np.floor(numbers)).all()) and float(numbers.min()) >= 0
    last = name_words(sketch.name)[-1:]
    few = 2 < sketch.n_distinct <= min(_MOST_CODES, sketch.n_present / 2)
    if whole and few and last and last[0] in _CODE_NAMES:
        return as_role(sketch, Role.CATEGORICAL, f"whole numbers, and the name says that they are codes ('{last[0]}')")
    how = f", read with {parsing}" if parsing else ""
    return Column(sketch.name, Role.NUMERIC, f"numbers{how}", parsing=parsing)


def _why_text(sketch: Sketch) -> str:
    """Say why cells are text to be read rather than categories; "" if they are not."""
    if sketch.n_distinct < _FEWEST_TEXTS:
        return ""
    length, share = fmean(map(words, sketch.texts)), sketch.share_distinct
    if (
        (length >= _WORDS and share >= _DISTINCT)
        or (length >= _WORDS_LONG and share >= _DISTINCT_LONG)
        or (length >= 1.8 and share >= _DISTINCT_SHORT)
    ):
        return f"cells of {length:.0f} words, {share:.0%} of them distinct"
    if share >= _DISTINCT_SHORT and fmean(map(len, sketch.texts)) > _LONG_CODE:
        return f"long cells, {share:.0%} of them distinct"
    return ""


def as_role(sketch: Sketch, role: Role, reason: str) -> Column:
    """Make a column of a given role; raise `DataError` where its cells cannot be read that way."""
    name = sketch.name
    match role:
        case Role.NUMERIC:
            return Column(name, role, reason, parsing=_forced_numbers(sketch))
        case Role.CATEGORICAL:
            return Column(name, role, reason, levels=sketch.levels())
        case Role.BOOLEAN:
            levels = sketch.levels()
            levels = truth_levels(list(levels)) or levels  # True, TRUE and true are one
            if len(levels) > 2:
                raise DataError(f"column '{name}': a boolean has two values, this has {len(levels)}; use categorical")
            # A column of one value takes the pair it is half of, as far as it is known.
            pair = truth_levels(list(levels)) or (("False", "True") if sketch.kind == "b" else levels)
            return Column(name, role, reason, levels=tuple(pair))
        case Role.DATETIME:
            parsing = ISO if sketch.kind == "M" else forced_date_parsing(sketch.sample)
            if parsing is None:
                raise DataError(
                    f"column '{name}': '{_example(sketch)}' is no date in a known format; write 2026-12-31 13:45:00"
                )
            return Column(name, role, reason, parsing=parsing)
        case Role.SEQUENCE if sketch.hashable and not _has_numbers(sketch):
            raise DataError(f"column '{name}': '{_example(sketch)}' is no row of numbers; separate them by blanks")
    return Column(name, role, reason)


def _forced_numbers(sketch: Sketch) -> str:
    if sketch.kind != "O":
        return PLAIN
    parsing = choose_number_parsing(sketch.sample)
    if parsing is not None:
        return parsing
    if sketch.distinct and np.isnan(sketch.numbers(PLAIN)).mean() > 0.5:
        raise DataError(
            f"column '{sketch.name}': most cells, such as '{_example(sketch)}', are no numbers; use categorical"
        )
    return PLAIN


def _has_numbers(sketch: Sketch) -> bool:
    return any(sequence(cell) is not None for cell in sketch.sample)


def _example(sketch: Sketch) -> str:
    return sketch.texts[0][:40] if sketch.texts else ""
