"""An additive model as data: a table of scores for each column and for some pairs of columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from automl.plugin import storable

_MOST_FEATURES = 2  # in a term


@storable("explainable.axis")
@dataclass(frozen=True)
class Axis:
    """How one column falls into bins, finely for its own term and coarsely for pairs.

    Numbers: `fine` and `coarse` are rising cuts (n_cuts,) float64, and a value at a cut lies above it. Codes: both are
    the bin of each code (n_codes,) int64. Bin 0 is for gaps, the last bin for codes that training did not see.
    """

    categorical: bool
    fine: NDArray[np.float64] | NDArray[np.int64]
    coarse: NDArray[np.float64] | NDArray[np.int64]

    def __post_init__(self) -> None:
        for bins in (self.fine, self.coarse):
            if bins.ndim != 1 or bins.dtype.kind != ("i" if self.categorical else "f"):
                raise ValueError("an axis has vectors of cuts or of bins")
            if self.categorical and len(bins) and bins.min() < -1:
                raise ValueError("bins of codes must be -1, for unseen ones, or more")
            if not self.categorical and not (np.diff(bins) > 0).all():
                raise ValueError("cuts must rise")

    def n_bins(self, fine: bool) -> int:
        """Number of bins, those for gaps and unseen codes included."""
        bins = self.fine if fine else self.coarse
        return (int(bins.max(initial=0)) + 2) if self.categorical else len(bins) + 3

    def bins(self, column: NDArray[np.float32], fine: bool) -> NDArray[np.int64]:
        """Return the bin of each cell (n_rows,); -1, the last, for unseen codes."""
        table = self.fine if fine else self.coarse
        if not self.categorical:
            above = np.searchsorted(table, column.astype(np.float64), side="right") + 1
            return np.where(np.isnan(column), 0, above)
        codes = np.nan_to_num(column).astype(np.int64)
        known = (codes >= 0) & (codes < len(table))
        return np.where(known, np.append(table, -1)[np.where(known, codes, -1)], -1)


@storable("explainable.term")
@dataclass(frozen=True)
class Term:
    """What one column or one pair of `features` (positions) adds: `scores` (bins…, n_scores) float64."""

    features: tuple[int, ...]
    scores: NDArray[np.float64]


@storable("explainable.additive")
@dataclass(frozen=True)
class Additive:
    """An intercept (n_scores,) float64 and terms over axes; the sum is a value, a logit, or a logit a label."""

    axes: tuple[Axis, ...]
    terms: tuple[Term, ...]
    intercept: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.intercept.ndim != 1 or not len(self.intercept) or not np.isfinite(self.intercept).all():
            raise ValueError("the intercept must be a finite vector")
        for term in self.terms:
            size = len(term.features)
            if not 1 <= size <= _MOST_FEATURES or not all(0 <= f < len(self.axes) for f in term.features):
                raise ValueError(f"a term's columns {term.features} must be one or two of {len(self.axes)}")
            shape = (*(self.axes[f].n_bins(size == 1) for f in term.features), len(self.intercept))
            if term.scores.shape != shape or term.scores.dtype.kind != "f" or not np.isfinite(term.scores).all():
                raise ValueError(f"the scores of {term.features} must be finite and have shape {shape}")

    def raw(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the sum of all terms, (n_rows, n_scores) float64."""
        if matrix.shape[1] != len(self.axes):
            raise ValueError(f"the model was fitted on {len(self.axes)} columns, but got {matrix.shape[1]}")
        out = np.tile(self.intercept, (len(matrix), 1))
        seen: dict[tuple[int, bool], NDArray[np.int64]] = {}
        for term in self.terms:
            fine = len(term.features) == 1
            for feature in term.features:
                if (feature, fine) not in seen:
                    seen[feature, fine] = self.axes[feature].bins(matrix[:, feature], fine)
            out += term.scores[tuple(seen[feature, fine] for feature in term.features)]
        return out


def average(models: Sequence[Additive]) -> Additive:
    """Return the model that predicts the mean of these models' sums; they must share their axes."""
    first = models[0]
    totals: dict[tuple[int, ...], NDArray[np.float64]] = {}
    for model in models:
        for term in model.terms:
            totals[term.features] = totals.get(term.features, 0.0) + term.scores
    terms = tuple(Term(features, total / len(models)) for features, total in totals.items())
    return replace(first, terms=terms, intercept=np.mean([model.intercept for model in models], axis=0))


def same_axes(first: Additive, second: Additive) -> bool:
    """Whether two models cut every column alike."""
    return len(first.axes) == len(second.axes) and all(
        a.categorical == b.categorical and np.array_equal(a.fine, b.fine) and np.array_equal(a.coarse, b.coarse)
        for a, b in zip(first.axes, second.axes, strict=True)
    )
