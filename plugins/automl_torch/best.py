"""The weights of each fold's best epoch."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


class BestWeights:
    """Copies of parameters (n_folds, ...), fold by fold from the epoch with the lowest error; the last of equal ones.

    `epochs` (n_folds,) int64 are those epochs from 0; -1 where no error was a finite number yet.
    """

    def __init__(self, parameters: Mapping[str, Tensor], n_folds: int) -> None:
        self._parameters = parameters
        self._kept = {name: parameter.detach().clone() for name, parameter in parameters.items()}
        self._lowest = np.full(n_folds, np.inf)
        self.epochs = np.full(n_folds, -1, dtype=np.int64)

    def offer(self, errors: NDArray[np.float64], epoch: int) -> None:
        """Keep the folds whose error (n_folds,) is as low as their lowest so far."""
        better = np.isfinite(errors) & (errors <= self._lowest)
        self._lowest[better] = errors[better]
        self.epochs[better] = epoch
        folds = np.flatnonzero(better).tolist()
        with torch.no_grad():
            for name, parameter in self._parameters.items():
                for fold in folds:
                    self._kept[name][fold].copy_(parameter[fold])

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """Return the copies by name, (n_folds, ...) float32."""
        return {name: kept.numpy() for name, kept in self._kept.items()}
