"""A hash for each row of a raw table, by what its cells say."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl.data.cells import Series, level_text, per_distinct
from automl.data.fingerprint import mix


def hash_rows(frame: pd.DataFrame) -> NDArray[np.uint64]:
    """Hash rows, (n_rows,) uint64; equal rows have equal hashes, in this frame and in others with the same columns."""
    mixed = np.zeros(len(frame), dtype=np.uint64)
    for position in range(frame.shape[1]):
        mixed = mix(mixed, _cells(frame.iloc[:, position]).view(np.float64))
    return mixed


def _cells(series: Series) -> NDArray[np.uint64]:
    if getattr(series.dtype, "kind", "O") in "iufb":
        numbers = series.to_numpy(dtype=np.float64, na_value=np.nan)
        return np.ascontiguousarray(np.where(np.isnan(numbers), np.nan, numbers) + 0.0).view(np.uint64)
    texts = pd.Series(per_distinct(series, level_text, "", np.object_))
    codes, distinct = pd.factorize(texts)
    hashes = pd.util.hash_array(np.asarray(distinct, dtype=object), categorize=False)
    return np.asarray(hashes, dtype=np.uint64)[codes]
