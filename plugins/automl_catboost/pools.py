"""Rows as CatBoost wants them, and what it makes of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.plugin import Part
from automl_catboost.head import Head


def pool_of(
    head: Head,
    matrix: NDArray[np.float32],
    label: NDArray[Any] | None = None,
    weights: NDArray[np.float64] | None = None,
) -> Any:
    """Return CatBoost's view of a matrix: numbers first, then codes as texts, which is how it knows categories."""
    import catboost

    numbers = np.delete(matrix, head.categorical, axis=1) if len(head.categorical) else matrix
    if not len(head.categorical):
        return catboost.Pool(np.ascontiguousarray(numbers), label, weight=weights)
    codes, place = np.unique(matrix[:, head.categorical].astype(np.int64), return_inverse=True)
    texts = np.array([b"%d" % code for code in codes], dtype=object)[place].reshape(-1, len(head.categorical))
    data = catboost.FeaturesData(np.ascontiguousarray(numbers), texts)
    return catboost.Pool(data, label, weight=weights)


def labelled(head: Head, part: Part) -> Any:
    """Return CatBoost's view of a part, with labels and weights."""
    return pool_of(head, part.features.matrix, head.targets(part), part.weights)


def outputs(model: Any, head: Head, matrix: NDArray[np.float32], threads: int) -> NDArray[np.float64]:
    """Return probabilities of the labels known (n_rows, n_seen), or standardised values (n_rows, 1)."""
    kind = "Probability" if len(head.classes) else "RawFormulaVal"
    out = model.predict(pool_of(head, matrix), prediction_type=kind, thread_count=threads)
    return np.asarray(out, dtype=np.float64).reshape(len(matrix), -1)


def varies(matrix: NDArray[np.float32]) -> bool:
    """Whether any column has two values, a gap being one; CatBoost refuses to learn from constants."""
    if not matrix.size:
        return False
    first, gaps = matrix[0], np.isnan(matrix)
    return bool((gaps != gaps[0]).any() or (~gaps & (matrix != first)).any())
