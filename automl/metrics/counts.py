"""Metrics of two labels from the four counts of a decision: one number each, or one for each threshold.

All take `Counts` of float64 arrays of one shape and return that shape. Where a ratio has an empty denominator
it is 0.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from automl.metrics.metric import Array


class Counts(NamedTuple):
    """The weight of rows by truth and decision, each of the same shape."""

    true_positive: Array
    false_positive: Array
    false_negative: Array
    true_negative: Array

    def mirrored(self) -> Counts:
        """Swap the roles of the two labels."""
        return Counts(self.true_negative, self.false_negative, self.false_positive, self.true_positive)


def accuracy_of(counts: Counts) -> Array:
    """Return the share decided rightly."""
    return ratio(counts.true_positive + counts.true_negative, np.sum(counts, axis=0))


def precision_of(counts: Counts) -> Array:
    """Return the share of the rows decided positive that are."""
    return ratio(counts.true_positive, counts.true_positive + counts.false_positive)


def recall_of(counts: Counts) -> Array:
    """Return the share of the positive rows that are found."""
    return ratio(counts.true_positive, counts.true_positive + counts.false_negative)


def f1_of(counts: Counts) -> Array:
    """Return the harmonic mean of precision and recall."""
    twice = 2.0 * counts.true_positive
    return ratio(twice, twice + counts.false_positive + counts.false_negative)


def f1_macro_of(counts: Counts) -> Array:
    """Return the mean f1 of the labels that occur in the truth or the decision."""
    wrong = counts.false_positive + counts.false_negative
    occurring = (counts.true_positive + wrong > 0) * 1.0 + (counts.true_negative + wrong > 0) * 1.0
    return ratio(f1_of(counts) + f1_of(counts.mirrored()), occurring)


def balanced_accuracy_of(counts: Counts) -> Array:
    """Return the mean recall of the labels that occur in the truth."""
    positive = counts.true_positive + counts.false_negative > 0
    negative = counts.true_negative + counts.false_positive > 0
    return ratio(recall_of(counts) + recall_of(counts.mirrored()), positive * 1.0 + negative * 1.0)


def mcc_of(counts: Counts) -> Array:
    """Return Matthews' correlation of truth and decision."""
    tp, fp, fn, tn = counts
    return ratio(tp * tn - fp * fn, np.sqrt(tp + fp) * np.sqrt(tp + fn) * np.sqrt(tn + fp) * np.sqrt(tn + fn))


def kappa_of(counts: Counts) -> Array:
    """Return Cohen's kappa, for two labels the same with and without quadratic weights."""
    tp, fp, fn, tn = counts
    return ratio(2.0 * (tp * tn - fp * fn), (tp + fp) * (fp + tn) + (tp + fn) * (fn + tn))


def ratio(above: NDArray[Any], below: NDArray[Any]) -> Array:
    """Divide, with 0 where the denominator is 0."""
    above, below = np.asarray(above, dtype=np.float64), np.asarray(below, dtype=np.float64)
    quotient: Array = np.divide(above, below, out=np.zeros_like(above), where=below > 0)
    return quotient
