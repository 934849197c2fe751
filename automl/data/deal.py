"""Dealing rows to parts so that every part has its share of every stratum, and rows that belong together stay so."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from automl.task import Task

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_BINS = 10
"""Strata of a regression target: bins with equally many rows each."""
_BUCKET = 4  # units a part; fewer are placed one by one, which balances better
_LARGEST = 0.5  # of a part, or of a stratum, that one cluster of copies may take up


def strata_of(task: Task, y: Floats | Ints) -> Ints:
    """Stratum of each row, (n_rows,) int64 from 0: its label, or the quantile bin of its value."""
    if task.is_classification:
        return np.unique(y, return_inverse=True)[1].astype(np.int64)
    order = np.argsort(y, kind="stable")
    bins = np.empty(len(y), dtype=np.int64)
    bins[order] = np.arange(len(y)) * min(_BINS, len(y)) // max(len(y), 1)
    return bins


def binding(clusters: Ints, strata: Ints | None, share: float) -> Ints | None:
    """The clusters of rows that a part of some share can keep together, (n_rows,) int64; None if there is none.

    A cluster of more than half a part, or of more than half the rows of a stratum, is no accident but a common row:
    kept together it would leave no balanced parts, or a label that a fold scores and never sees. Its rows are free.
    """
    numbers = np.unique(clusters, return_inverse=True)[1].astype(np.int64)
    sizes = np.bincount(numbers)
    free = sizes > max(1.0, _LARGEST * share * len(numbers))
    if strata is not None:
        n_strata = int(strata.max()) + 1
        pairs, counts = np.unique(numbers * n_strata + strata, return_counts=True)
        totals = np.bincount(strata, minlength=n_strata)
        free[pairs[(counts > 1) & (counts > _LARGEST * totals[pairs % n_strata])] // n_strata] = True
    if not (sizes[~free] > 1).any():
        return None
    units = numbers.copy()
    loose = free[numbers]
    units[loose] = len(sizes) + np.arange(int(loose.sum()))
    return units


def deal(strata: Ints, units: Ints | None, shares: Floats, rng: np.random.Generator) -> Ints:
    """Assign every row to a part, (n_rows,) int64.

    `strata` (n_rows,) are to be spread over the parts by their `shares` (n_parts,), which sum to 1; rows with equal
    `units` (n_rows,) go to the same part. Units of several rows are placed one by one, largest first, where the worst
    lack is relieved most (the idea of scikit-learn's StratifiedGroupKFold). Single rows are then dealt within each
    stratum, so that its counts differ from its share by less than one where no larger unit stands in the way, and the
    rows left over go where a part lacks rows in total. A stratum with more single rows than parts reaches every part.
    """
    n_strata = int(strata.max(initial=-1)) + 1
    parts = np.full(len(strata), -1, dtype=np.int64)
    counts = np.zeros((len(shares), n_strata))
    if units is not None:
        _deal_units(strata, units, parts, counts, shares, rng)
    single = np.flatnonzero(parts < 0)
    single = single[rng.permutation(len(single))]
    single = single[np.argsort(strata[single], kind="stable")]
    totals = np.bincount(strata, minlength=n_strata)
    for rows in np.split(single, np.flatnonzero(np.diff(strata[single])) + 1):
        if not len(rows):
            continue
        stratum = int(strata[rows[0]])
        lack = shares * len(strata) - counts.sum(axis=1)
        added = _fill(shares * totals[stratum] - counts[:, stratum], lack, len(rows), rng)
        parts[rows] = np.repeat(np.arange(len(shares)), added)
        counts[:, stratum] += added
    return parts


def _fill(wanted: Floats, lack: Floats, n: int, rng: np.random.Generator) -> Ints:
    """Split n rows over parts as wanted: whole rows, then the largest remainders, then what lacks most."""
    wanted = np.maximum(wanted, 0)
    total = wanted.sum()
    wanted = wanted * (n / total) if total > 0 else np.full(len(wanted), n / len(wanted))
    added = np.floor(wanted + 1e-9).astype(np.int64)
    order = np.lexsort((rng.random(len(wanted)), -np.round(lack, 6), -np.round(wanted - added, 6)))
    added[order[: n - int(added.sum())]] += 1
    return added


def _deal_units(
    strata: Ints, units: Ints, parts: Ints, counts: Floats, shares: Floats, rng: np.random.Generator
) -> None:  # fmt: skip
    """Place the units of several rows; writes into `parts` and `counts`."""
    numbers = np.unique(units, return_inverse=True)[1]
    sizes = np.bincount(numbers)
    order = np.argsort(numbers, kind="stable")
    starts = np.concatenate([[0], np.cumsum(sizes)])
    totals = np.maximum(np.bincount(strata, minlength=counts.shape[1]), 1)
    many = np.flatnonzero(sizes > 1)
    many = many[rng.permutation(len(many))]
    buckets, many = _alike(strata[order], starts, sizes, many, len(shares))
    for unit in many[np.argsort(-sizes[many], kind="stable")]:
        rows = order[starts[unit] : starts[unit + 1]]
        found, n = np.unique(strata[rows], return_counts=True)
        # How full each part would be, by stratum and by rows, as a multiple of its share.
        fullness = ((counts[:, found] + n) / (shares[:, None] * totals[found])).mean(axis=1)
        rows_after = (counts.sum(axis=1) + len(rows)) / (shares * len(strata))
        part = int(np.lexsort((rng.random(len(shares)), np.round(rows_after, 6), np.round(fullness, 6)))[0])
        parts[rows] = part
        counts[part, found] += n
    for bucket in buckets:
        size, stratum = int(sizes[bucket[0]]), int(strata[order[starts[bucket[0]]]])
        lack = shares * len(strata) - counts.sum(axis=1)
        added = _fill((shares * totals[stratum] - counts[:, stratum]) / size, lack / size, len(bucket), rng)
        rows = order[starts[bucket][:, None] + np.arange(size)]  # (n_units, size)
        parts[rows] = np.repeat(np.arange(len(shares)), added)[:, None]
        counts[:, stratum] += added * size


def _alike(sorted_strata: Ints, starts: Ints, sizes: Ints, many: Ints, n_parts: int) -> tuple[list[Ints], Ints]:
    """Large buckets of units (n_many,) of one size and one stratum, the larger sizes first; and the other units.

    They can be dealt at once like single rows; placing tens of thousands of pairs one by one would take seconds.
    """
    high = np.maximum.reduceat(sorted_strata, starts[:-1])[many]
    low = np.minimum.reduceat(sorted_strata, starts[:-1])[many]
    keys = np.where(high == low, sizes[many] * (int(sorted_strata.max()) + 1) + low, -1)
    found, counts = np.unique(keys, return_counts=True)
    large = found[(counts > _BUCKET * n_parts) & (found >= 0)]
    return [many[keys == key] for key in large[::-1]], many[~np.isin(keys, large)]
