"""The global random generators, which a family must neither rely on nor move."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from automl.testing.sample import SEED


@contextmanager
def other_random_state() -> Iterator[None]:
    """Move the global random generators elsewhere, and back at the end."""
    numbers, legacy = random.getstate(), np.random.get_state()
    torch: Any = sys.modules.get("torch")
    tensors = torch.random.get_rng_state() if torch is not None else None
    random.seed(SEED + 1)
    np.random.seed(SEED + 1)
    if torch is not None:
        torch.manual_seed(SEED + 1)
    try:
        yield
    finally:
        random.setstate(numbers)
        np.random.set_state(legacy)
        if torch is not None:
            torch.random.set_rng_state(tensors)
