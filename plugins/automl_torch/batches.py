"""Which rows go into which step: index tensors for all folds at once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor


class Batches:
    """Random batches of the same size for every fold, each fold by a generator of its own.

    An epoch is as long as the fold with most rows needs, and leaves out the rows that do not fill its last batch. A
    fold with fewer rows starts another pass over its rows where one ends.
    """

    def __init__(self, n_rows: list[int], size: int, generators: list[np.random.Generator]) -> None:
        self._n_rows, self._generators = n_rows, generators
        self.size = min(size, *n_rows)
        self.per_epoch = max(n_rows) // self.size

    def epoch(self) -> Iterator[Tensor]:
        """Yield (n_folds, batch_size) int64 positions in each fold's rows."""
        length = self.per_epoch * self.size
        order = np.stack([_passes(n, length, g) for n, g in zip(self._n_rows, self._generators, strict=True)])
        return iter(torch.split(torch.from_numpy(order), self.size, dim=1))


def _passes(n_rows: int, length: int, generator: np.random.Generator) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the first `length` of permutation after permutation."""
    passes = [generator.permutation(n_rows) for _ in range(-(-length // n_rows))]
    return np.asarray(np.concatenate(passes)[:length], dtype=np.int64)
