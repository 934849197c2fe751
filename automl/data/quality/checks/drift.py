"""How a test table differs from the training one: shared rows, shifted columns, new categories, absent columns."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl.data.cells import level_text, per_distinct
from automl.data.dates import to_datetimes
from automl.data.numeric import to_numbers
from automl.data.quality.check import Check
from automl.data.quality.finding import Finding, Severity
from automl.data.quality.rowhash import hash_rows
from automl.data.quality.subject import Subject
from automl.data.quality.words import count, figure, listed, percent
from automl.data.schema import Column, Role

_SHIFT = 0.1  # the largest difference of shares (Kolmogorov–Smirnov, total variation) that is worth telling …
_LARGE = 0.25
_CHANCE = 1e-3  # … if chance makes one as large this rarely, over all columns together
_NEW = 0.01  # of the test rows have a level that training has not
_ROWS = 20_000


def _shared(subject: Subject) -> Iterator[Finding]:
    if subject.test is None:
        return
    names = [c.name for c in subject.schema.used if c.name in subject.test.columns]
    if not names:
        return
    known = np.unique(hash_rows(subject.whole[names]))
    shared = np.isin(hash_rows(subject.test[names]), known)
    n = int(shared.sum())
    if n:
        share = n / len(subject.test)
        yield Finding(
            "shared_rows",
            Severity.SERIOUS if share > 0.05 else Severity.WARNING,
            f"{count(n, 'row')} of the test table {'is' if n == 1 else 'are'} in the training table too "
            f"({percent(share)})",
            rows=tuple(np.flatnonzero(shared)[:20].tolist()),
            evidence=("positions are those in the test table",),
            advice="a test on rows that were learned from says too much: leave them out of one of the tables",
        )


def _drift(subject: Subject) -> Iterator[Finding]:
    test = subject.test
    if test is None:
        return
    absent = [column.name for column in subject.schema.used if column.name not in test.columns]
    if absent:
        yield Finding("drift", Severity.SERIOUS, f"the test table lacks {listed(absent)}", advice="add these columns")
    n_columns = max(1, len(subject.schema.used))
    test = test.sample(_ROWS, random_state=subject.seed) if len(test) > _ROWS else test
    for column in subject.columns(Role.NUMERIC, Role.DATETIME, Role.CATEGORICAL, Role.BOOLEAN):
        if column.name not in test.columns:
            continue
        if column.role in {Role.NUMERIC, Role.DATETIME}:
            yield from _numbers(subject, column, test, n_columns)
        else:
            yield from _levels(subject, column, test, n_columns)


def _numbers(subject: Subject, column: Column, test: pd.DataFrame, n_columns: int) -> Iterator[Finding]:
    read = to_datetimes if column.role is Role.DATETIME else to_numbers
    before, after = subject.numbers(column), read(test[column.name], column.parsing)
    first, second = before[~np.isnan(before)], after[~np.isnan(after)]
    shift = ks_statistic(first, second) if len(first) and len(second) else 0.0
    gaps = float(np.isnan(after).mean() - np.isnan(before).mean())
    if shift >= _SHIFT and _by_chance(shift, len(first), len(second)) * n_columns < _CHANCE:
        middle = "median"
        values = [float(np.median(first)), float(np.median(second))]
        told = [str(pd.Timestamp(v, unit="s").date()) if column.role is Role.DATETIME else figure(v) for v in values]
        yield _finding(column, shift, f"{middle} {told[0]} in training, {told[1]} in the test table")
    elif abs(gaps) >= _SHIFT:
        yield _finding(
            column, abs(gaps), f"missing: {percent(np.isnan(before).mean())} in training, "
            f"{percent(np.isnan(after).mean())} in the test table"
        )  # fmt: skip


def _levels(subject: Subject, column: Column, test: pd.DataFrame, n_columns: int) -> Iterator[Finding]:
    before = per_distinct(subject.cells(column.name), level_text, "", np.object_)
    after = per_distinct(test[column.name], level_text, "", np.object_)
    codes, levels = pd.factorize(np.concatenate([before, after]))
    first = np.bincount(codes[: len(before)], minlength=len(levels))
    second = np.bincount(codes[len(before) :], minlength=len(levels))
    shares = second / len(after) - first / len(before)
    new = (first == 0) & (second > 0)
    if column.role is Role.CATEGORICAL and second[new].sum() >= _NEW * len(after):
        yield Finding(
            "drift",
            Severity.WARNING,
            f"{percent(second[new].sum() / len(after))} of the test rows have a category that training has not",
            column.name,
            evidence=(listed(np.asarray(levels)[new]),),
            done="unseen categories are understood as such",
        )
    shift = float(np.abs(shares[~new]).sum() / 2)
    # Many rare levels differ by chance; a shift counts if a single level's share moved beyond it.
    top = int(np.abs(shares).argmax())
    moved = float(abs(shares[top]))
    if shift >= _SHIFT and _by_chance(moved, len(before), len(after)) * n_columns < _CHANCE and moved > _SHIFT / 2:
        yield _finding(
            column, shift, f"'{levels[top] or 'missing'}': {percent(first[top] / len(before))} in training, "
            f"{percent(second[top] / len(after))} in the test table"
        )  # fmt: skip


def _finding(column: Column, shift: float, evidence: str) -> Finding:
    return Finding(
        "drift",
        Severity.WARNING if shift >= _LARGE else Severity.NOTE,
        f"is distributed differently in the test table: {percent(shift)} of the rows would have to move",
        column.name,
        evidence=(evidence,),
        advice="scores on one table may not hold on the other",
    )


def ks_statistic(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """The largest difference of two empirical distribution functions, in [0, 1]."""
    both = np.sort(np.concatenate([first, second]))
    below = np.searchsorted(np.sort(first), both, side="right") / len(first)
    above = np.searchsorted(np.sort(second), both, side="right") / len(second)
    return float(np.abs(below - above).max())


def _by_chance(shift: float, n: int, m: int) -> float:
    """The asymptotic bound of the two-sample Kolmogorov–Smirnov test, 2·exp(-2·d²·nm/(n+m)) (Smirnov 1939)."""
    return float(2 * np.exp(-2 * shift**2 * n * m / (n + m)))


SHARED = Check("shared_rows", "Rows shared with the test table", _shared)
DRIFT = Check("drift", "Drift between training and test", _drift)
