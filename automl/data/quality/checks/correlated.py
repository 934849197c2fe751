"""Pairs of columns that say nearly the same."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from automl.data.quality.check import Check
from automl.data.quality.finding import Finding, Fix, Severity
from automl.data.quality.subject import Subject
from automl.data.schema import Role

_SAME = 0.98  # absolute rank correlation, or Cramér's V
_MOST_NUMBERS, _MOST_CATEGORIES = 500, 40
_MOST_LEVELS = 200
_ROWS = 5000
_MOST_GAPS = 0.5


def _find(subject: Subject) -> Iterator[Finding]:
    rows = np.random.default_rng(subject.seed).permutation(subject.n_rows)[:_ROWS]
    yield from _numbers(subject, rows)
    yield from _categories(subject, rows)


def _numbers(subject: Subject, rows: NDArray[np.int64]) -> Iterator[Finding]:
    names, ranks = [], []
    for column in subject.columns(Role.NUMERIC, Role.DATETIME):
        values = subject.numbers(column)[rows]
        gaps = np.isnan(values)
        if gaps.mean() > _MOST_GAPS or len(np.unique(values[~gaps])) < 3:
            continue
        values = np.where(gaps, np.nanmedian(values), values)
        _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
        ranks.append((np.cumsum(counts) - counts / 2)[inverse])  # the mean rank of ties
        names.append(column.name)
        if len(names) == _MOST_NUMBERS:
            break
    if len(names) < 2:
        return
    correlation = np.atleast_2d(np.corrcoef(np.array(ranks)))
    yield from _pairs(names, np.abs(correlation), correlation)


def _categories(subject: Subject, rows: NDArray[np.int64]) -> Iterator[Finding]:
    names, codes = [], []
    for column in subject.columns(Role.CATEGORICAL, Role.BOOLEAN):
        compact = np.unique(subject.codes(column.name)[0][rows], return_inverse=True)[1]
        if 1 < compact.max() + 1 <= _MOST_LEVELS:
            names.append(column.name)
            codes.append(compact)
        if len(names) == _MOST_CATEGORIES:
            break
    strength = np.zeros((len(names), len(names)))
    for i, j in combinations(range(len(names)), 2):
        subject.check_time()
        strength[i, j] = cramers_v(codes[i], codes[j])
    yield from _pairs(names, strength, None)


def cramers_v(first: NDArray[np.int64], second: NDArray[np.int64]) -> float:
    """Cramér's V of two columns of codes (n_rows,), 1 where they are the same but for names; 0 if sizes differ much."""
    n, m = int(first.max()) + 1, int(second.max()) + 1
    table = np.bincount(first * m + second, minlength=n * m).reshape(n, m).astype(np.float64)
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    chi2 = float(((table - expected) ** 2 / np.maximum(expected, 1e-12)).sum())
    # By the larger table side, so that a column that only refines another does not count as the same.
    return float(np.sqrt(chi2 / table.sum() / max(max(n, m) - 1, 1)))


def _pairs(
    names: list[str], strength: NDArray[np.float64], signed: NDArray[np.float64] | None
) -> Iterator[Finding]:  # fmt: skip
    told: set[int] = set()
    for i, j in zip(*np.nonzero(np.triu(strength, 1) >= _SAME), strict=True):
        if j in told or i in told:
            continue
        told.add(j)
        value = strength[i, j] if signed is None else signed[i, j]
        yield Finding(
            "correlated",
            Severity.NOTE,
            f"says nearly the same as '{names[i]}'",
            names[j],
            evidence=(f"{'Cramér’s V' if signed is None else 'rank correlation'} {value:.3f}",),
            done="kept: trees do not mind, and linear models are regularised",
            advice="drop one of them for a model that is easier to read",
            fix=Fix("correlated", drop_column=True),
        )


CHECK = Check("correlated", "Highly correlated columns", _find, ("correlated",))
