"""Columns that give the target away: alone they predict it almost perfectly, or they are made from it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from automl.data.quality.check import Check
from automl.data.quality.finding import Finding, Fix, Severity
from automl.data.quality.subject import Subject
from automl.data.quality.words import percent
from automl.data.schema import Role

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_PERFECT = 0.98  # share of the error of a constant guess that the column alone removes, on rows not learned from
_SUSPECT = 0.95
_WORTH_A_TREE = 0.8  # by bins; below, no tree on the column gets near perfection
_BINS = 64
_ROWS_A_BIN = 20
_LEAVES = 64
_FEWEST = 40


def _find(subject: Subject) -> Iterator[Finding]:
    if subject.task is None or subject.y is None or subject.n_rows < _FEWEST:
        return
    half = np.random.default_rng(subject.seed).permutation(subject.n_rows) % 2 == 0
    for column in subject.columns(Role.NUMERIC, Role.BOOLEAN, Role.CATEGORICAL, Role.DATETIME):
        if column.role in {Role.NUMERIC, Role.DATETIME}:
            values = subject.numbers(column)
            codes = bins(values)
        else:
            values, codes = None, subject.codes(column.name)[0]
        skill = binned_skill(codes, subject.y, half, subject.task.is_classification)
        if values is not None and _WORTH_A_TREE < skill < _PERFECT:
            skill = max(skill, _tree_skill(values, subject.y, half, subject.task.is_classification))
        made_from = _made_from(subject, codes if values is None else None, values)
        if skill >= _SUSPECT or made_from:
            perfect = skill >= _PERFECT or bool(made_from)
            yield Finding(
                "leaks",
                Severity.SERIOUS if perfect else Severity.WARNING,
                made_from or f"predicts the target by itself: it removes {percent(skill)} of the error",
                column.name,
                evidence=(f"skill {skill:.3f} on rows not learned from",),
                advice="ask whether it is known when a prediction is needed; if not, drop it",
                fix=Fix("leaks", drop_column=True),
            )


def bins(values: Floats) -> Ints:
    """Cut numbers into at most 64 bins of equally many rows, 20 at least, gaps in one of their own, (n_rows,) int64."""
    present = values[~np.isnan(values)]
    n_bins = max(2, min(_BINS, len(present) // _ROWS_A_BIN))
    edges = np.unique(np.quantile(present, np.linspace(0, 1, n_bins + 1)[1:-1])) if len(present) else np.empty(0)
    codes = np.searchsorted(edges, values, side="left")
    return np.where(np.isnan(values), len(edges) + 1, codes).astype(np.int64)


def binned_skill(codes: Ints, y: Ints | Floats, half: NDArray[np.bool_], classes: bool) -> float:
    """Share of a constant guess's error that the mean, or the commonest label, of a code removes on the other half."""
    wrong, wrong_constant = 0.0, 0.0
    for train in (half, ~half):
        if classes:
            table = np.zeros((codes.max() + 1, int(y.max()) + 1))
            np.add.at(table, (codes[train], y[train].astype(np.int64)), 1)
            common = int(table.sum(axis=0).argmax())
            guess = np.where(table.sum(axis=1) > 0, table.argmax(axis=1), common)
            wrong += float((guess[codes[~train]] != y[~train]).sum())
            wrong_constant += float((y[~train] != common).sum())
        else:
            n = np.bincount(codes[train], minlength=codes.max() + 1)
            mean = float(y[train].mean())
            sums = np.bincount(codes[train], weights=y[train], minlength=codes.max() + 1)
            guess = np.where(n > 0, sums / np.maximum(n, 1), mean)
            wrong += float(((guess[codes[~train]] - y[~train]) ** 2).sum())
            wrong_constant += float(((y[~train] - mean) ** 2).sum())
    return 1 - wrong / wrong_constant if wrong_constant > 0 else 0.0


def _tree_skill(values: Floats, y: Ints | Floats, half: NDArray[np.bool_], classes: bool) -> float:
    """The same by a tree of 64 leaves, which finds the thresholds that bins only come near."""
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    matrix = np.where(np.isnan(values), np.nanmin(values) - 1, values)[:, None]
    wrong, wrong_constant = 0.0, 0.0
    for train in (half, ~half):
        tree = (DecisionTreeClassifier if classes else DecisionTreeRegressor)(max_leaf_nodes=_LEAVES, random_state=0)
        guess = tree.fit(matrix[train], y[train]).predict(matrix[~train])
        if classes:
            wrong += float((guess != y[~train]).sum())
            wrong_constant += float((y[~train] != np.bincount(y[train].astype(np.int64)).argmax()).sum())
        else:
            wrong += float(((guess - y[~train]) ** 2).sum())
            wrong_constant += float(((y[~train] - y[train].mean()) ** 2).sum())
    return 1 - wrong / wrong_constant if wrong_constant > 0 else 0.0


def _made_from(subject: Subject, codes: Ints | None, values: Floats | None) -> str:
    """Say how a column is a function of the target, as a group of its labels or a band of its values; "" if not."""
    assert subject.task is not None
    y = subject.y
    assert y is not None
    if codes is None:
        assert values is not None
        if np.isnan(values).any():
            return ""
        codes = np.unique(values, return_inverse=True)[1].astype(np.int64)
    n_levels = int(codes.max()) + 1
    if n_levels < 2:
        return ""
    if subject.task.is_classification:
        labels = y.astype(np.int64)
        counts = np.bincount(labels)
        pairs = len(np.unique(labels * n_levels + codes))
        # A label of one row always has one level; enough others must have many rows.
        if pairs == int((counts > 0).sum()) and (counts[counts > 0] >= 5).mean() >= 0.5:
            return "is a function of the target: each label has one value of it"
        return ""
    if values is not None and n_levels > _BINS:
        ranks = np.argsort(np.argsort(y, kind="stable"), kind="stable")
        other = np.argsort(np.argsort(values, kind="stable"), kind="stable")
        if abs(float(np.corrcoef(ranks, other)[0, 1])) > 0.9995:
            return "is the target in other words: it orders the rows the same way"
        return ""
    if n_levels > subject.n_rows / 5 or len(np.unique(y)) < 2 * n_levels:
        return ""
    lows, highs = np.full(n_levels, np.inf), np.full(n_levels, -np.inf)
    np.minimum.at(lows, codes, y)
    np.maximum.at(highs, codes, y)
    order = np.argsort(lows)
    if (highs[order][:-1] <= lows[order][1:]).all():
        return "is a function of the target: each of its values is a band of the target's"
    return ""


CHECK = Check("leaks", "Columns that give the target away", _find, ("leaks",))
