"""What CatBoost's file does not say of a model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.plugin import storable


@storable("catboost.head")
@dataclass(frozen=True)
class Head:
    """What CatBoost's file does not say, and the SHA-256 that its bytes must have.

    `classes`: (n_seen,) int64 labels that the trees know, empty for regression. `prior`: (n_outputs,) float64, the
    prediction where there was nothing to boost (`boosted` is False). `categorical`: (n_categorical,) int64 positions of
    the columns of codes. `scale` and `shift` undo a standardised target.
    """

    classes: NDArray[np.int64]
    prior: NDArray[np.float64]
    categorical: NDArray[np.int64]
    boosted: bool
    n_features: int
    scale: float = 1.0
    shift: float = 0.0
    digest: str = ""

    def __post_init__(self) -> None:
        for name, array, end in (
            ("labels", self.classes, len(self.prior)),
            ("categorical columns", self.categorical, self.n_features),
        ):
            if array.ndim != 1 or array.dtype.kind != "i" or (len(array) and (array.min() < 0 or array.max() >= end)):
                raise ValueError(f"the {name} must lie in [0, {end})")
        if self.prior.ndim != 1 or not len(self.prior) or not np.isfinite(self.prior).all():
            raise ValueError("the prior must be a finite vector")
        if not np.isfinite([self.scale, self.shift]).all():
            raise ValueError("scale and shift must be finite")

    @property
    def loss(self) -> str:
        """CatBoost's name of the loss."""
        return {0: "RMSE", 2: "Logloss"}.get(len(self.classes), "MultiClass")

    @property
    def n_groups(self) -> int:
        """Values of a leaf."""
        return len(self.classes) if len(self.classes) > 2 else 1
