"""From a raw table and a few wishes to a dataset, and in words what was done to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl.data.apply import to_table
from automl.data.cells import Series
from automl.data.dataset import Dataset
from automl.data.dates import choose_date_parsing, to_datetimes
from automl.data.fingerprint import hash_frame
from automl.data.infer import Wishes, infer_schema
from automl.data.numeric import to_numbers
from automl.data.schema import Role, Schema
from automl.data.split import Ties, hold_out
from automl.data.target import Wish, encode_target, infer_task, present_target
from automl.data.unread import unread_cells
from automl.errors import DataError, unknown
from automl.task import Task


@dataclass(frozen=True)
class DataOptions:
    """What a user says about a table: the target, and by name what is special about other columns.

    `weight` (non-negative numbers) and `group` are no inputs; `time` orders the rows and is an input too. Image paths
    start from `folder`. `test_size` in [0, 1) is the share of rows kept aside, drawn with `seed`.
    """

    target: str
    kind: Wish = None
    roles: Mapping[str, Role] = field(default_factory=dict)
    drop: Collection[str] = ()
    keep: Collection[str] = ()
    weight: str | None = None
    group: str | None = None
    time: str | None = None
    folder: Path | None = None
    test_size: float = 0.0
    seed: int = 0

    @property
    def others(self) -> tuple[str, ...]:
        """Columns that are no inputs: the target, the weights and the groups."""
        return tuple(name for name in (self.target, self.weight, self.group) if name is not None)


@dataclass(frozen=True)
class Prepared:
    """A dataset to learn from, the test part kept aside (None without one), and notes: sentences for the user.

    `test_hash` identifies the rows of the test part, so that a later reader can tell which they were.
    """

    dataset: Dataset
    notes: tuple[str, ...] = ()
    test: Dataset | None = None
    test_hash: str = ""


def prepare(frame: pd.DataFrame, options: DataOptions) -> Prepared:
    """Make a dataset of a raw table; the table stays as it is.

    Raises `OptionError` for unknown names, and `DataError` where the table cannot be learned from.
    """
    if not len(frame):
        raise DataError("the table has no rows; give at least a few to learn from")
    frame = _known(frame, options)
    notes: list[str] = []
    frame = _complete(frame, options, notes)
    task = infer_task(frame[options.target], options.kind)
    notes.append(f"The task is {task.kind.value}: {task.reason}.")
    # The test part leaves before anything is learned from the columns, be it only which levels there are.
    train, test = _parts(frame, task, options)
    if test is not None:
        notes.append(f"{len(test)} of {len(frame)} rows are kept aside as the test part.")
    wishes = Wishes(options.roles, options.drop, options.keep, options.others, options.folder)
    schema = infer_schema(train, wishes)
    notes += [f"The column '{c.name}' is ignored: it {c.reason}." for c in schema.of(Role.DROPPED)]
    dataset = _dataset(train, schema, task, options)
    notes += unread_cells(train, dataset, options.folder)
    if test is None:
        return Prepared(dataset, tuple(notes))
    return Prepared(dataset, tuple(notes), _dataset(test, schema, task, options), hash_frame(test))


def _parts(frame: pd.DataFrame, task: Task, options: DataOptions) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Split a frame into the rows to learn from and the test part, None where none is asked for."""
    if not options.test_size:
        return frame, None
    ties = Ties(
        None if options.group is None else _groups(frame[options.group]),
        None if options.time is None else _times(frame[options.time]),
    )
    train, test = hold_out(task, encode_target(frame[options.target], task), options.test_size, options.seed, ties)
    return frame.iloc[train], frame.iloc[test]


def encode_rows(frame: pd.DataFrame, schema: Schema, task: Task, options: DataOptions) -> Dataset:
    """Make a dataset of further rows, such as a test file, by the schema and task of the training rows.

    Rows without a target are left out. Weights, groups and times are read where the options name them and the table has
    them. Raises `DataError` for an absent column, an unknown label, or if no row has a target.
    """
    frame = frame.rename(columns=str)
    if task.target not in frame.columns:
        raise DataError(f"the table has no column '{task.target}', which is the target; add it, or predict instead")
    present = present_target(frame[task.target])
    if not present.any():
        raise DataError(f"target '{task.target}': no row of the table has a value, so there is nothing to compare with")
    return _dataset(frame[present], schema, task, options)


def _known(frame: pd.DataFrame, options: DataOptions) -> pd.DataFrame:
    """The table with names of text, checked against the names that the options use."""
    frame = frame.rename(columns=str)
    names = list(frame.columns)
    what = {"target column": options.target, "weight column": options.weight, "group column": options.group}
    for role, name in {**what, "time column": options.time}.items():
        if name is not None and name not in names:
            raise unknown(role, name, names)
        if name is not None and names.count(name) > 1:
            raise DataError(f"column '{name}': every column needs its own name, and this is there twice; rename one")
    if len(set(options.others)) < len(options.others):
        raise DataError("the target, the weights and the groups must be different columns; name others")
    return frame


def _complete(frame: pd.DataFrame, options: DataOptions, notes: list[str]) -> pd.DataFrame:
    """The rows that have a target, and a time if time matters."""
    present = present_target(frame[options.target])
    if not present.all():
        notes.append(f"{int((~present).sum())} of {len(frame)} rows are left out because they have no target.")
    frame = frame[present]
    if options.weight is not None:
        counted = _weights(frame[options.weight]) > 0
        if not counted.all():
            notes.append(f"{int((~counted).sum())} rows are left out because their weight is 0.")
        frame = frame[counted]
    if options.time is not None:
        timed = ~np.isnan(_times(frame[options.time]))
        if not timed.all():
            notes.append(f"{int((~timed).sum())} rows are left out because they have no time in '{options.time}'.")
        frame = frame[timed]
    return frame


def _dataset(frame: pd.DataFrame, schema: Schema, task: Task, options: DataOptions) -> Dataset:
    def named(name: str | None) -> Series | None:
        return frame[name] if name is not None and name in frame.columns else None

    weight, group, time = named(options.weight), named(options.group), named(options.time)
    return Dataset(
        table=to_table(frame, schema, folder=options.folder),
        y=encode_target(frame[task.target], task),
        schema=schema,
        task=task,
        weights=None if weight is None else _weights(weight),
        groups=None if group is None else _groups(group),
        times=None if time is None else _times(time),
    )


def _weights(series: Series) -> NDArray[np.float64]:
    weights = to_numbers(series)
    bad = np.isnan(weights) | (weights < 0)
    if bad.any():
        row = int(bad.argmax())
        raise DataError(
            f"weight column '{series.name}': weights must be numbers of at least 0, and row {row} has "
            f"'{series.iloc[row]}' ({int(bad.sum())} such rows); mend or leave out these rows"
        )
    if not weights.sum() > 0:
        raise DataError(
            f"weight column '{series.name}': all weights are 0, so no row counts; give some a positive weight"
        )
    return weights


def _groups(series: Series) -> NDArray[np.int64]:
    """Number the groups; a row without one is a group of its own."""
    codes = pd.factorize(series)[0].astype(np.int64)
    alone = codes < 0
    codes[alone] = codes.max(initial=-1) + 1 + np.arange(int(alone.sum()))
    return codes


def _times(series: Series) -> NDArray[np.float64]:
    """Times that order rows: numbers as they are, or dates in seconds."""
    if series.dtype.kind in "iuf":
        return to_numbers(series)
    if series.dtype.kind == "M":
        return to_datetimes(series)
    parsing = choose_date_parsing(pd.unique(series).tolist())
    if parsing is None:
        raise DataError(
            f"time column '{series.name}': cells must be numbers or dates, and there is '{series.iloc[0]}'; "
            "write dates as 2026-12-31 13:45:00"
        )
    return to_datetimes(series, parsing)
