"""The parts that several search spaces share."""

from __future__ import annotations

from typing import Literal

from automl.plugin import KEEP, Encoding, Param, Params, Suggest, real, text

NUMERICS: dict[str, Literal["standard", "log", "quantile"]] = {
    "standard": "standard",
    "log": "log",
    "quantile": "quantile",
}
"""Encodings of numbers for families that measure distances or add columns up."""


def suggest_shared(trial: Suggest) -> dict[str, Param]:
    """Sample the encoding of numbers and the share of columns kept."""
    return {
        "numeric": trial.suggest_categorical("numeric", list(NUMERICS)),
        "keep": trial.suggest_categorical("keep", KEEP),
    }


def scaled_encoding(params: Params) -> Encoding:
    """Return the encoding of a `suggest_shared` sample: scaled numbers, one-hot levels."""
    numeric = NUMERICS[text(params, "numeric")]
    return Encoding(numeric, missing="impute", categorical="onehot", keep=real(params, "keep"))
