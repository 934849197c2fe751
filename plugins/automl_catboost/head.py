"""What CatBoost's file does not say of a model."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from automl.plugin import BoostedHead, check_positions, spread, storable


@storable("catboost.head")
@dataclass(frozen=True)
class Head(BoostedHead):
    """What CatBoost's file does not say, and the SHA-256 that its bytes must have.

    `categorical`: (n_categorical,) int64 positions of the columns of codes.
    """

    categorical: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    digest: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positions("categorical columns", self.categorical, self.n_features)

    @property
    def loss(self) -> str:
        """CatBoost's name of the loss."""
        return {0: "RMSE", 2: "Logloss"}.get(len(self.classes), "MultiClass")

    def spread(self, out: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn what CatBoost says, (n_rows, n_seen), into probabilities (n_rows, n_labels) or values (n_rows, 1)."""
        if not len(self.classes):
            return out * self.scale + self.shift
        return spread(out / out.sum(axis=1, keepdims=True), self.classes, len(self.prior))
