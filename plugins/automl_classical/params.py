"""Reading parameters, and the parts that several search spaces share."""

from __future__ import annotations

from typing import Literal, cast

from automl.plugin import Encoding, Param, Params, Profile, Role, Suggest

KEEP: list[Param] = [1.0, 0.75, 0.5, 0.25]
"""Shares of the ranked columns that a search may keep."""
NUMERICS: dict[str, Literal["standard", "quantile"]] = {"standard": "standard", "quantile": "quantile"}
"""Encodings of numbers for families that measure distances or add columns up."""


def real(params: Params, name: str) -> float:
    """Return a parameter as a float."""
    return float(cast(float, params[name]))


def whole(params: Params, name: str) -> int:
    """Return a parameter as an integer."""
    return int(cast(int, params[name]))


def text(params: Params, name: str) -> str:
    """Return a parameter as text."""
    return str(params[name])


def width(profile: Profile, onehot: bool = False) -> int:
    """Estimate the number of features after encoding; a text column becomes about 36, a date about 6."""
    categories = profile.count(Role.CATEGORICAL)
    if onehot:
        categories *= min(max(profile.max_levels, 2), 16)  # most columns have far fewer levels than the largest
    plain = profile.count(Role.NUMERIC, Role.BOOLEAN)
    return max(1, plain + categories + 6 * profile.count(Role.DATETIME) + 36 * profile.count(Role.TEXT))


def suggest_shared(trial: Suggest) -> dict[str, Param]:
    """Sample the encoding of numbers and the share of columns kept."""
    return {
        "numeric": trial.suggest_categorical("numeric", list(NUMERICS)),
        "keep": trial.suggest_categorical("keep", KEEP),
    }


def scaled_encoding(params: Params) -> Encoding:
    """Return the encoding of a `suggest_shared` sample: standardised numbers or quantiles, one-hot levels."""
    numeric = NUMERICS[text(params, "numeric")]
    return Encoding(numeric, missing="impute", categorical="onehot", keep=real(params, "keep"))
