"""Parts of a dataset: rows kept aside for the test, and the folds of a run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.data.deal import binding, deal, strata_of
from automl.data.foldcount import FORWARD_FOLDS, FoldOptions, fold_counts, holdout_share
from automl.data.folds import Fold, FoldPlan
from automl.errors import DataError, OptionError
from automl.task import Task

Ints = NDArray[np.int64]
Target = NDArray[np.int64] | NDArray[np.float64]


@dataclass(frozen=True)
class Ties:
    """What binds rows to each other, each (n_rows,) or None.

    Rows of a group (int64) are never on both sides of a split. With times (float64) the training part is before the
    score part. Rows of a cluster (int64) are copies of each other and stay together too, as far as `binding` says;
    groups or times, where given, rule alone.
    """

    groups: Ints | None = None
    times: NDArray[np.float64] | None = None
    clusters: Ints | None = None

    def __post_init__(self) -> None:
        if self.groups is not None and self.times is not None:
            raise OptionError(
                "group and time are both given, but rows are split by one of them; choose the stricter one"
            )
        if self.times is not None and np.isnan(self.times).any():
            raise DataError(f"{int(np.isnan(self.times).sum())} row(s) have no time; leave them out of a split by time")


def hold_out(task: Task, y: Target, share: float, seed: int, ties: Ties | None = None) -> tuple[Ints, Ints]:
    """Split rows into (train, test) positions, both ascending, with about a share of the rows in the test part.

    Strata (labels, or quantile bins of values) keep their shares; a label with one row stays in training. The last part
    is the test with times, and whole groups are with groups. Raises `DataError` if a part would be empty.
    """
    if not 0 < share < 1:
        raise OptionError(f"the share of test rows must be between 0 and 1, but got {share}; 0.2 is common")
    ties = ties or Ties()
    n_rows = len(y)
    if ties.times is not None:
        test = np.zeros(n_rows, dtype=bool)
        test[_boundary_parts(ties.times, np.array([1 - share, share])) == 1] = True
    else:
        strata, units = _strata_and_units(task, y, ties, min(share, 1 - share))
        parts = deal(strata, units, np.array([1 - share, share]), np.random.default_rng(seed))
        test = parts == 1
        if units is not None and not test.any():  # few large units: the smallest comes nearest to a small share
            numbers, sizes = np.unique(units, return_counts=True)
            test = units == numbers[sizes.argmin()]
        if task.is_classification:
            test &= ~_untrained(strata, test, units)
    if not test.any() or test.all():
        raise DataError(
            f"a share of {share} of {n_rows} rows leaves no row on one side of the split; "
            "give more rows (or groups, or times), or another share"
        )
    return np.flatnonzero(~test), np.flatnonzero(test)


def _strata_and_units(task: Task, y: Target, ties: Ties, share: float) -> tuple[Ints, Ints | None]:
    """Strata (n_rows,), and what must stay together: groups, or the copies of rows that parts of a share can hold."""
    if ties.groups is not None or ties.clusters is None:
        return strata_of(task, y), ties.groups
    if task.is_classification:
        strata = strata_of(task, y)
        return strata, binding(ties.clusters, strata, share)
    # Copies of a row with several values count as rows of their mean, so that each cluster is of one stratum.
    clusters = np.unique(ties.clusters, return_inverse=True)[1]
    means = np.bincount(clusters, weights=y) / np.bincount(clusters)
    return strata_of(task, means[clusters]), binding(ties.clusters, None, share)


def _untrained(strata: Ints, test: NDArray[np.bool_], units: Ints | None) -> NDArray[np.bool_]:
    """One row, or unit, of each label that only the test part has: it moves to training."""
    trained = np.bincount(strata[~test], minlength=int(strata.max()) + 1) > 0
    move = np.zeros(len(strata), dtype=bool)
    for label in np.flatnonzero(~trained):
        row = np.flatnonzero(strata == label)[0]
        move |= (units == units[row]) if units is not None else (np.arange(len(strata)) == row)
    return move


def plan_folds(
    task: Task,
    y: Target,
    *,
    n_columns: int,
    seed: int = 0,
    ties: Ties | None = None,
    options: FoldOptions | None = None,
) -> FoldPlan:
    """Plan the folds of a run for a target of shape (n_rows,).

    Usually 8 stratified folds, twice for less than 300 rows; 5, 3 or a holdout where the time limit asks for it (see
    `automl.data.foldcount`). Groups stay whole; with times each fold trains on all before its score part. A label with
    at least two rows that are not tied together is in every training part; a label with one row is scored by models
    that never saw it. Raises `DataError` if there are fewer than two groups or times.
    """
    ties, options = ties or Ties(), options or FoldOptions()
    n_rows = len(y)
    folds, repeats, reason = fold_counts(n_rows, n_columns, task.n_outputs, options)
    if ties.times is not None:
        return _forward(ties.times, n_rows, options.folds or (FORWARD_FOLDS if folds > 1 else 1), reason)
    if folds == 1:
        train, score = hold_out(task, y, holdout_share(n_rows), seed, ties)
        return FoldPlan((Fold(0, train, score),), n_rows, "holdout", reason=reason)
    strata, units = _strata_and_units(task, y, ties, 1 / folds)
    n_units = n_rows if units is None else len(np.unique(units))
    if n_units < 2:
        raise DataError("all rows belong to one group, and folds need at least two; split by rows instead")
    if n_units < folds:
        folds, reason = n_units, f"there are only {n_units} {'rows' if ties.groups is None else 'groups'} to split"
    kind = "grouped" if ties.groups is not None else "stratified" if task.is_classification else "random"
    made: list[Fold] = []
    for repeat in range(repeats):
        rng = np.random.default_rng([seed, repeat])
        parts = deal(strata, units, np.full(folds, 1 / folds), rng)
        sides = [(np.flatnonzero(parts != part), np.flatnonzero(parts == part)) for part in range(folds)]
        # Very uneven groups may leave a part without rows.
        made += [Fold(len(made) + i, *side) for i, side in enumerate(s for s in sides if len(s[1]))]
    copies = units if ties.groups is None else None
    return FoldPlan(tuple(made), n_rows, kind, repeats, f"{folds} folds: {reason}", copies)


def _forward(times: NDArray[np.float64], n_rows: int, folds: int, reason: str) -> FoldPlan:
    """Expanding windows: equal blocks in order of time, each scored by a fit on all before it."""
    shares = np.full(folds + 1, 1 / (folds + 1))
    if folds == 1:
        shares = np.array([1 - holdout_share(n_rows), holdout_share(n_rows)])
    blocks = _boundary_parts(times, shares)
    present = np.unique(blocks)
    if len(present) < 2:
        raise DataError("all rows have the same time, and a split by time needs at least two; split by rows instead")
    made = tuple(
        Fold(i, np.flatnonzero(blocks < block), np.flatnonzero(blocks == block)) for i, block in enumerate(present[1:])
    )
    why = reason if folds == 1 else f"{len(made)} blocks in order of time"
    return FoldPlan(made, n_rows, "forward", reason=why)


def _boundary_parts(times: NDArray[np.float64], shares: NDArray[np.float64]) -> Ints:
    """Cut rows into consecutive parts by time, (n_rows,) int64; rows of the same time stay together."""
    moments, inverse, counts = np.unique(times, return_inverse=True, return_counts=True)
    # A moment belongs to the part that holds the middle of its rows.
    middles = (np.cumsum(counts) - counts / 2) / len(times)
    edges = np.cumsum(shares)[:-1]
    parts: Ints = np.searchsorted(edges, middles, side="right").astype(np.int64)
    if len(moments) > 1 and parts[0] == parts[-1]:  # few, uneven moments
        parts = (np.arange(len(moments)) == len(moments) - 1).astype(np.int64)
    return parts[inverse]
