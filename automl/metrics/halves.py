"""Two halves of some rows, for checks in which what is tuned on one half is judged on the other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def two_halves(y: NDArray[Any]) -> NDArray[np.bool_]:
    """Mark every other row of each label, (n_rows,) bool: two halves of one mix of labels, without chance."""
    half = np.zeros(len(y), dtype=bool)
    half[np.argsort(y, kind="stable")[::2]] = True
    return half
