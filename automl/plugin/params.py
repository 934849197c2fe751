"""Reading parameters, and what several search spaces and cost estimates share."""

from __future__ import annotations

from typing import cast

from automl.data.dataset import Profile
from automl.data.schema import Role
from automl.plugin.model import Param, Params

KEEP: list[Param] = [1.0, 0.75, 0.5, 0.25]
"""Shares of the ranked columns that a search may keep."""


def real(params: Params, name: str) -> float:
    """Return a parameter as a float; raise `KeyError` where the parameters lack it, as the next two do."""
    return float(cast(float, params[name]))


def whole(params: Params, name: str) -> int:
    """Return a parameter as an integer."""
    return int(cast(int, params[name]))


def text(params: Params, name: str) -> str:
    """Return a parameter as text."""
    return str(params[name])


def width(profile: Profile, *, onehot: bool = False, texts: bool = True) -> int:
    """Estimate the number of features after encoding; a text column becomes about 36, a date about 6."""
    categories = profile.count(Role.CATEGORICAL)
    if onehot:
        categories *= min(max(profile.max_levels, 2), 16)  # most columns have far fewer levels than the largest
    plain = profile.count(Role.NUMERIC, Role.BOOLEAN)
    long = 36 * profile.count(Role.TEXT) if texts else 0
    return max(1, plain + categories + 6 * profile.count(Role.DATETIME) + long)
