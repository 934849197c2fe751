"""From a raw table and a few wishes to a dataset, and in words what was done to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl.data.apply import to_table
from automl.data.beside import groups_in, times_in, weights_in
from automl.data.cells import Series
from automl.data.dataset import Dataset
from automl.data.fingerprint import clusters_of, hash_frame
from automl.data.infer import Wishes, describe_columns, infer_schema
from automl.data.quality.inspect import Effort, Part, find_fixes, inspect
from automl.data.quality.report import Report
from automl.data.quality.rowhash import hash_rows
from automl.data.repairs import REPAIRS, Repair, known_repairs
from automl.data.schema import Role, Schema
from automl.data.split import Ties, hold_out
from automl.data.target import Wish, encode_target, infer_task, present_target
from automl.data.unread import unread_cells
from automl.errors import DataError, unknown
from automl.task import Task

_COPIES_CELLS = 5_000_000
REPAIR_ROWS = 200_000
"""Rows from which repairs are learned."""


@dataclass(frozen=True)
class DataOptions:
    """What a user says about a table: the target, and by name what is special about other columns.

    `weight` (non-negative numbers) and `group` are no inputs; `time` orders the rows and is an input too. Image paths
    start from `folder`. `test_size` in [0, 1) is the share of rows kept aside, drawn with `seed`. `repair` names
    repairs to make (see `REPAIRS`); `check` says how much to look at in search of findings, None for nothing.
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
    repair: Collection[str] = ()
    check: Effort | None = None

    @property
    def others(self) -> tuple[str, ...]:
        """Columns that are no inputs: the target, the weights and the groups."""
        return tuple(name for name in (self.target, self.weight, self.group) if name is not None)


@dataclass(frozen=True)
class Prepared:
    """A dataset to learn from, the test part kept aside (None without one), and notes: sentences for the user.

    `test_hash` identifies the rows of the test part, so that a later reader can tell which they were. `rows` (n_rows,)
    int64 are the positions of the dataset's rows in the table that was given. `quality` is what checks found in them.
    """

    dataset: Dataset
    notes: tuple[str, ...] = ()
    test: Dataset | None = None
    test_hash: str = ""
    rows: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    quality: Report | None = None


def prepare(frame: pd.DataFrame, options: DataOptions, other: pd.DataFrame | None = None) -> Prepared:
    """Make a dataset of a raw table; the table stays as it is. Checks compare it with `other`, a test table.

    Raises `OptionError` for unknown names, and `DataError` where the table cannot be learned from.
    """
    if not len(frame):
        raise DataError("the table has no rows; give at least a few to learn from")
    repairs = known_repairs(options.repair)
    frame = _known(frame, options)
    notes: list[str] = []
    complete = _complete(frame, options, notes)
    task = infer_task(complete[options.target], options.kind)
    notes.append(f"The task is {task.kind.value}: {task.reason}.")
    # The test part leaves before anything is learned from the columns, be it only which levels there are.
    train, test = _parts(complete, task, options)
    if test is not None:
        notes.append(f"{len(test)} of {len(complete)} rows are kept aside as the test part.")
    wishes = Wishes(options.roles, options.drop, options.keep, options.others, options.folder)
    if repairs:
        train, wishes = _repaired(_part(train, task, wishes), wishes, repairs, options.seed, notes)
    schema = infer_schema(train, wishes)
    notes += [f"The column '{c.name}' is ignored: it {c.reason}." for c in schema.of(Role.DROPPED)]
    dataset = _dataset(train, schema, task, options)
    notes += unread_cells(train, dataset, options.folder)
    quality = None
    if options.check is not None:
        part = _part(train, task, wishes, None if repairs else schema)
        part = replace(part, n_untargeted=len(frame) - len(complete), test=other)
        quality = inspect(part, options.check).repaired(repairs)
    prepared = Prepared(dataset, tuple(notes), rows=train.index.to_numpy(), quality=quality)
    if test is None:
        return prepared
    return replace(prepared, test=_dataset(test, schema, task, options), test_hash=hash_frame(test))


def _part(train: pd.DataFrame, task: Task, wishes: Wishes, schema: Schema | None = None) -> Part:
    """The training rows as they were given, for checks; the schema is that of unrepaired columns."""
    return Part(
        frame=train,
        schema=schema or describe_columns(train, replace(wishes, repairs={}, advised={})),
        task=task,
        y=encode_target(train[task.target], task),
        origin=train.index.to_numpy(),
    )


def _repaired(
    part: Part, wishes: Wishes, repairs: tuple[str, ...], seed: int, notes: list[str]
) -> tuple[pd.DataFrame, Wishes]:
    """Find what the named repairs can mend; return the rows that stay, and wishes that say what to do to columns."""
    cells: dict[str, tuple[Repair, ...]] = {}
    advised: dict[str, str] = {}
    keep = np.ones(len(part.frame), dtype=bool)
    order = list(REPAIRS)
    found = find_fixes(part, repairs, Effort(seconds=None, rows=REPAIR_ROWS, seed=seed))
    for finding in sorted(found, key=lambda finding: order.index(finding.fix.name if finding.fix else "")):
        fix, name = finding.fix, finding.column
        assert fix is not None
        if fix.drop_column and name not in wishes.keep and name not in wishes.roles:
            advised.setdefault(name, f"{finding.message} (repair '{fix.name}')")
        elif fix.repair is not None:
            cells[name] = (*cells.get(name, ()), fix.repair)
            notes.append(f"Repaired '{name}' ({fix.name}): {finding.message}.")
        elif fix.drop_rows:
            keep[list(fix.drop_rows)] = False
            notes.append(f"{len(fix.drop_rows)} rows are left out because they repeat an earlier one.")
    return part.frame[keep], replace(wishes, repairs=cells, advised=advised)


def _parts(frame: pd.DataFrame, task: Task, options: DataOptions) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Split a frame into the rows to learn from and the test part, None where none is asked for."""
    if not options.test_size:
        return frame, None
    ties = Ties(
        None if options.group is None else groups_in(frame[options.group]),
        None if options.time is None else times_in(frame[options.time]),
        _copies(frame, options),
    )
    train, test = hold_out(task, encode_target(frame[options.target], task), options.test_size, options.seed, ties)
    return frame.iloc[train], frame.iloc[test]


def _copies(frame: pd.DataFrame, options: DataOptions) -> NDArray[np.int64] | None:
    """Rows with the same inputs, which must not be in both parts; large tables are spared the look."""
    if frame.size > _COPIES_CELLS:
        return None
    return clusters_of(hash_rows(frame.drop(columns=list(options.others))))


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
    frame = frame.rename(columns=str).reset_index(drop=True)
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
    if not present.any():
        infer_task(frame[options.target], options.kind)  # which says what is lacking, of how many rows
    if not present.all():
        notes.append(f"{int((~present).sum())} of {len(frame)} rows are left out because they have no target.")
    frame = frame[present]
    if options.weight is not None:
        counted = weights_in(frame[options.weight]) > 0
        if not counted.all():
            notes.append(f"{int((~counted).sum())} rows are left out because their weight is 0.")
        frame = frame[counted]
    if options.time is not None:
        timed = ~np.isnan(times_in(frame[options.time]))
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
        weights=None if weight is None else weights_in(weight),
        groups=None if group is None else groups_in(group),
        times=None if time is None else times_in(time),
    )
