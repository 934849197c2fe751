"""Which trials an ensemble may still choose; the models of the others need no room on disk."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

CANDIDATES = 50  # the best trials
PER_FAMILY = 3  # and the best of each family, for variety


def shortlist(errors: Sequence[float], families: Sequence[str]) -> NDArray[np.int64]:
    """Return positions (n_kept,) int64 of the best trials overall and of each family, best first.

    `errors`, lower is better, and `families` have an entry a trial.

    A trial that is not on the list will not be on a longer run's list either.
    """
    order = np.argsort(errors, kind="stable")
    keep = set(order[:CANDIDATES].tolist())
    for family in set(families):
        own = [int(i) for i in order if families[i] == family]
        keep.update(own[:PER_FAMILY])
    return np.array([i for i in order if int(i) in keep], dtype=np.int64)
