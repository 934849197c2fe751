"""Categories as smoothed means of the target, out-of-fold for the rows they were learned from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.features.blocks import in_blocks
from automl.features.levels import UNSEEN_SLOT, Known, LevelIndex
from automl.features.target import Target
from automl.storage import storable

INNER_FOLDS = 5


@storable("target_columns")
@dataclass(frozen=True, eq=False)
class TargetColumns:
    """A mean for each slot and output, (n_slots, n_outputs) float32, as deviations from the overall mean."""

    index: LevelIndex
    means: NDArray[np.float32]
    names: tuple[str, ...]

    @property
    def cardinalities(self) -> NDArray[np.int64]:
        """Zeros (n_columns * n_outputs,) int64: these columns hold numbers."""
        return np.zeros(len(self.names), dtype=np.int64)

    def transform(self, codes: NDArray[np.int32]) -> NDArray[np.float32]:
        """Encode codes (n_rows, n_categorical) as (n_rows, n_columns * n_outputs) float32."""
        return in_blocks(self._transform, codes, len(self.names), np.float32)

    def _transform(self, codes: NDArray[np.int32]) -> NDArray[np.float32]:
        return self.means[self.index.slots(codes)].reshape(len(codes), len(self.names))


def fit_target_means(
    index: LevelIndex,
    known: Known,
    names: tuple[str, ...],
    codes: NDArray[np.int32],
    target: Target,
    seed: int,
) -> tuple[TargetColumns, NDArray[np.float32]]:
    """Fit on training rows; return also their out-of-fold encoding (n_rows, n_columns * n_outputs) float32.

    Rare levels are pooled in the slot of unseen ones, so that a level met later is taken for a rare one. The
    overall mean and the smoothing are the same for every inner fold: were they learned inside the folds,
    their differences would tell a row's fold, and a fold tells something about its targets. Inner folds are
    drawn without regard to the target for the same reason.
    """
    outputs, suffixes = target.outputs()
    rare = known.ranks == 0
    rare[index.starts + 1] = False
    first = np.repeat(index.starts, index.levels + 2)
    pooled = np.where(rare, first + UNSEEN_SLOT, np.arange(index.size))
    slots = pooled[index.slots(codes)]

    folds = np.random.default_rng(seed).permutation(len(codes)) % min(INNER_FOLDS, max(1, len(codes)))
    mass, sums = _sums(slots, folds, index.size, outputs, target.mass)
    smoothing = _smoothing(index, mass.sum(axis=0), sums.sum(axis=0), outputs, target.mass)
    strength = np.repeat(smoothing, index.levels + 2, axis=0)

    means = sums.sum(axis=0) / (mass.sum(axis=0)[:, None] + strength)
    rows = np.zeros((*slots.shape, outputs.shape[1]), dtype=np.float32)
    for fold in range(len(mass)):
        # Sums over the other folds, not the total minus this one: a difference leaves a rounding error with
        # the sign of the row's own target, which a tree can read.
        others = np.arange(len(mass)) != fold
        held_out = sums[others].sum(axis=0) / (mass[others].sum(axis=0)[:, None] + strength)
        members = folds == fold
        rows[members] = held_out[slots[members]]
    encoder = TargetColumns(
        index=index,
        means=means[pooled].astype(np.float32),
        names=tuple(f"{name} target{suffix}" for name in names for suffix in suffixes),
    )
    return encoder, rows.reshape(len(codes), len(encoder.names))


def _sums(
    slots: NDArray[np.int64],
    folds: NDArray[np.int64],
    size: int,
    outputs: NDArray[np.float64],
    mass: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights (n_folds, n_slots) and weighted sums (n_folds, n_slots, n_outputs) by fold and slot."""
    n_folds = int(folds.max(initial=0)) + 1
    stacked = np.zeros((n_folds, size, 1 + outputs.shape[1]))
    weighted = [mass, *(outputs * mass[:, None]).T]
    for column in slots.T:  # one at a time: all at once take several times the memory of the table
        cells = column + size * folds
        for i, weights in enumerate(weighted):
            stacked[..., i] += np.bincount(cells, weights=weights, minlength=n_folds * size).reshape(n_folds, size)
    return stacked[..., 0], stacked[..., 1:]


def _smoothing(
    index: LevelIndex,
    mass: NDArray[np.float64],
    sums: NDArray[np.float64],
    outputs: NDArray[np.float64],
    row_mass: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Rows' worth of the overall mean to add to each level, (n_columns, n_outputs) float64.

    Empirical Bayes: the variance within levels over the variance between them, both estimated by the method of moments
    of a one-way random-effects model (Searle, Casella & McCulloch, Variance Components, 1992, chapter 3).
    """
    n_rows = row_mass.sum()
    safe = np.where(mass > 0, mass, 1.0)[:, None]
    between_squares = np.add.reduceat(sums**2 / safe, index.starts, axis=0)
    within_squares = np.maximum((outputs**2 * row_mass[:, None]).sum(axis=0) - between_squares, 0.0)
    groups = np.add.reduceat((mass > 0).astype(np.float64), index.starts)[:, None]
    effective = n_rows - np.add.reduceat(mass**2, index.starts)[:, None] / n_rows
    within = within_squares / np.maximum(n_rows - groups, 1.0)
    within = np.where(n_rows > groups, within, 1.0)  # every row a level of its own: only the total variance, 1, is left
    between = (between_squares - (groups - 1) * within) / np.maximum(effective, 1e-12)
    ratio = within / np.maximum(between, 1e-12)
    return np.asarray(np.clip(ratio, 1.0, max(1.0, n_rows)))
