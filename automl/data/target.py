"""The target column: what kind of task it asks for, its labels, and its cells as an array."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl.data.cells import Series, is_missing, level_text, per_distinct
from automl.data.numeric import choose_number_parsing, to_numbers
from automl.data.sketch import Sketch
from automl.errors import DataError
from automl.task import Label, Task, TaskKind

Wish = TaskKind | Literal["classification"] | None
"""A kind of task, `classification` for binary or multiclass by the number of labels, None to decide by the cells."""

MIN_ROWS = 5
"""Fewer rows than this cannot be split into parts that say anything."""

# Whole numbers are labels if there are few of them and each names many rows; otherwise they are counted or measured.
# Wine quality (7 grades in 4,898 rows) and types of glass (6 in 214) are labels, an abalone's 28 rings are not.
_MOST_NUMBERS = 20
_SHARE_OF_ROWS = 0.1
_FEW_LABELS = 3  # in very small tables too
# Words name a class if, on average, a class has two rows; below 30 labels nobody has to be asked.
_ROWS_A_LABEL = 2
_UNQUESTIONED = 30


def present_target(target: Series) -> NDArray[np.bool_]:
    """Which rows have a target, (n_rows,) bool."""
    if isinstance(target.dtype, np.dtype) and target.dtype.kind in "iuf":  # no need to look at each cell
        return np.asarray(target.notna(), dtype=np.bool_)
    return ~per_distinct(target, is_missing, True, np.bool_)


def infer_task(target: Series, kind: Wish = None) -> Task:
    """Decide what is to be learned from a target column, whose name becomes the target's.

    - Two distinct values make a binary task.
    - Words and booleans make a multiclass one, and so do whole numbers if there are at most 20 of them and ten times as
      many rows.
    - All other numbers make a regression.

    A `kind` given by the user overrules this. Raises `DataError` where nothing can be learned: fewer than 5 rows with a
    target, a single value, words in a regression, or about as many labels as rows.
    """
    name = str(target.name)
    sketch = Sketch.of(name, target)
    if sketch.n_present < MIN_ROWS:
        raise DataError(
            f"target '{name}': at least {MIN_ROWS} rows must have a value, and {sketch.n_present} of {len(target)} do; "
            "give more rows, or name another column"
        )
    if not sketch.hashable:
        raise DataError(f"target '{name}': cells must be numbers or words, and these are lists; name another column")
    if sketch.kind == "f" and np.isinf(np.array(sketch.distinct, dtype=np.float64)).any():
        raise DataError(f"target '{name}': 'inf' is no finite number; mend or leave out such rows")
    # Spelling a million distinct numbers as labels takes seconds, and so many are none.
    values = sketch.kind in "iuf" and sketch.n_distinct > _MOST_NUMBERS and kind in {None, TaskKind.REGRESSION}
    labels: tuple[Any, ...] = sketch.distinct if values else _labels(sketch)
    if len(labels) < 2:
        raise DataError(
            f"target '{name}': every row has the value '{labels[0]}', one class, so nothing to learn; name another"
        )
    numbers = _numbers(sketch)
    decided, reason = _kind(labels, numbers, sketch.n_present) if kind is None else (kind, "set by request")
    if decided == TaskKind.REGRESSION:
        if numbers is None:
            raise DataError(
                f"target '{name}': a regression needs numbers, and there is '{_no_number(sketch)}'; "
                "choose classification, or mend the cells"
            )
        return Task(TaskKind.REGRESSION, name, reason=reason)
    return _classification(decided, name, labels, sketch.n_present, reason)


def _kind(labels: tuple[Label, ...], numbers: NDArray[np.float64] | None, n_rows: int) -> tuple[TaskKind, str]:
    n = len(labels)
    if n == 2:
        return TaskKind.BINARY, f"two distinct values, {labels[0]} and {labels[1]}"
    if numbers is None:
        return TaskKind.MULTICLASS, f"{n} distinct values that are not numbers"
    if (numbers != np.floor(numbers)).any():
        return TaskKind.REGRESSION, f"numbers with fractions, {n} of them distinct"
    if n <= min(_MOST_NUMBERS, max(_FEW_LABELS, _SHARE_OF_ROWS * n_rows)):
        return (
            TaskKind.MULTICLASS,
            f"{n} distinct whole numbers in {n_rows} rows; choose regression if their size matters",
        )
    return TaskKind.REGRESSION, f"{n} distinct whole numbers in {n_rows} rows"


def _classification(
    kind: TaskKind | Literal["classification"], name: str, labels: tuple[Label, ...], n_rows: int, reason: str
) -> Task:
    n = len(labels)
    if n > _UNQUESTIONED and n * _ROWS_A_LABEL > n_rows:
        raise DataError(
            f"target '{name}': classes must repeat, and {n_rows} rows have {n} distinct values, such as '{labels[0]}'; "
            "choose regression if they are quantities, or name another column"
        )
    if kind == TaskKind.BINARY and n != 2:
        raise DataError(f"target '{name}': a binary task has 2 labels, and there are {n}; choose multiclass")
    if n == 2 and kind == TaskKind.MULTICLASS:
        reason += "; with two labels the task is binary"
    return Task(TaskKind.BINARY if n == 2 else TaskKind.MULTICLASS, name, labels=labels, reason=reason)


def _labels(sketch: Sketch) -> tuple[Label, ...]:
    """The distinct targets in order and in their own type; whole floats, made by missing cells, are whole numbers."""
    values = {level_text(cell): _label(cell) for cell in sketch.distinct}
    labels = list(values.values())
    if len({isinstance(label, str) for label in labels}) > 1 or len({isinstance(label, bool) for label in labels}) > 1:
        labels = [*values]
    return tuple(sorted(labels))


def _label(cell: object) -> Label:
    if isinstance(cell, bool | np.bool_):
        return bool(cell)
    if isinstance(cell, int | np.integer):
        return int(cell)
    if isinstance(cell, float | np.floating):
        return int(cell) if float(cell).is_integer() else float(cell)
    return level_text(cell)


def _numbers(sketch: Sketch) -> NDArray[np.float64] | None:
    """The distinct targets as numbers; None if any is none, for a target is never guessed."""
    if sketch.kind in "bmM":
        return None
    parsing = "" if sketch.kind in "iuf" else choose_number_parsing(sketch.sample)
    if parsing is None:
        return None
    numbers = sketch.numbers(parsing)
    return None if np.isnan(numbers).any() else numbers


def _no_number(sketch: Sketch) -> str:
    numbers = sketch.numbers("") if sketch.kind == "O" else np.full(sketch.n_distinct, np.nan)
    return level_text(sketch.distinct[int(np.isnan(numbers).argmax())])[:40]


def encode_target(target: Series, task: Task) -> NDArray[np.int64] | NDArray[np.float64]:
    """Target cells as (n_rows,) int64 positions of their labels, or float64 values in a regression.

    Labels match by their spelling, so "1", 1 and 1.0 are the same. Raises `DataError` for a missing target, an unknown
    label, and in a regression for a cell that is no finite number.
    """
    absent = int((~present_target(target)).sum())
    if absent:
        raise DataError(f"target '{task.target}': {absent} row(s) have no value; leave these rows out")
    if not task.is_classification:
        parsing = choose_number_parsing(pd.unique(target).tolist()) if target.dtype.kind not in "iufb" else ""
        values = to_numbers(target, parsing or "")
        if np.isnan(values).any():
            cell = target.iloc[int(np.isnan(values).argmax())]
            raise DataError(
                f"target '{task.target}': '{str(cell)[:40]}' is no finite number; mend or leave out such rows"
            )
        return values
    positions = {level_text(label): code for code, label in enumerate(task.labels)}
    codes: NDArray[np.int64] = per_distinct(target, lambda cell: positions.get(level_text(cell), -1), -1, np.int64)
    if (codes < 0).any():
        strange = sorted({level_text(cell) for cell in target[codes < 0].tolist()})
        known = ", ".join(map(str, task.labels[:10])) + (", …" if len(task.labels) > 10 else "")
        raise DataError(
            f"target '{task.target}': unknown label(s) {', '.join(map(repr, strange[:5]))}; "
            f"the model knows {known}; leave such rows out or train again"
        )
    return codes
