"""Checking a table that no model has been fitted on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from automl.data.infer import Wishes, describe_columns
from automl.data.limits import InputLimits
from automl.data.quality.finding import Finding, Severity
from automl.data.quality.inspect import Effort, Part, inspect
from automl.data.quality.report import Report
from automl.data.read import read_table, unique_names
from automl.data.target import Wish, encode_target, infer_task, present_target
from automl.errors import DataError, unknown


def check_table(
    table: pd.DataFrame | Path | str,
    target: str | None = None,
    *,
    task: Wish = None,
    test: pd.DataFrame | Path | str | None = None,
    wishes: Wishes | None = None,
    effort: Effort | None = None,
    limits: InputLimits | None = None,
) -> Report:
    """Check a data frame or a file; with a target also for leaks and what is peculiar about it.

    `test` is a second table to compare with. A target that no model can learn is a finding, not an error. Raises
    `DataError` where a file cannot be read or the table has no rows, and `OptionError` for an unknown column.
    """
    frame = _frame(table, limits)
    wishes = wishes or Wishes(folder=Path(table).parent if isinstance(table, str | Path) else None)
    if target is None:
        return inspect(
            Part(frame, describe_columns(frame, wishes), test=_test(test, limits)), effort or Effort(), _name(table)
        )
    if target not in frame.columns:
        raise unknown("target column", target, list(frame.columns))
    wishes = replace(wishes, exclude=(*wishes.exclude, target))
    rows = frame[present_target(frame[target])]
    try:
        known = infer_task(rows[target], task)
        y = encode_target(rows[target], known)
    except DataError as error:
        part = Part(frame, describe_columns(frame, wishes), test=_test(test, limits))
        report = inspect(part, effort or Effort(), _name(table))
        wrong = Finding("target", Severity.SERIOUS, f"cannot be learned: {error}", target)
        return replace(report, target=target).adding([wrong])
    part = Part(
        frame=rows.reset_index(drop=True),
        schema=describe_columns(rows, wishes),
        task=known,
        y=y,
        origin=rows.index.to_numpy(),
        n_untargeted=len(frame) - len(rows),
        test=_test(test, limits),
    )
    return inspect(part, effort or Effort(), _name(table))


def _frame(table: pd.DataFrame | Path | str, limits: InputLimits | None) -> pd.DataFrame:
    frame = read_table(table, limits) if isinstance(table, str | Path) else table
    if not len(frame):
        raise DataError("the table has no rows; give at least a few to look at")
    frame = frame.reset_index(drop=True)
    frame.columns = pd.Index(unique_names([str(name) for name in frame.columns]))
    return frame


def _test(test: pd.DataFrame | Path | str | None, limits: InputLimits | None) -> pd.DataFrame | None:
    return None if test is None else _frame(test, limits)


def _name(table: pd.DataFrame | Path | str) -> str:
    return Path(table).name if isinstance(table, str | Path) else ""
