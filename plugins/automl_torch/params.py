"""Reading parameters, and estimates that several neural families share."""

from __future__ import annotations

from importlib.util import find_spec
from typing import cast

from automl.plugin import FamilyDeclined, Params, Profile, Role

REMEDY = "pip install 'automl-engine[torch]'"


def real(params: Params, name: str) -> float:
    """Return a parameter as a float."""
    return float(cast(float, params[name]))


def whole(params: Params, name: str) -> int:
    """Return a parameter as an integer."""
    return int(cast(int, params[name]))


def text(params: Params, name: str) -> str:
    """Return a parameter as text."""
    return str(params[name])


def numbers(profile: Profile) -> int:
    """Estimate the number of encoded columns of numbers; a text column becomes about 36, a date about 6."""
    plain = profile.count(Role.NUMERIC)
    return plain + 6 * profile.count(Role.DATETIME) + 36 * profile.count(Role.TEXT)


def categories(profile: Profile) -> int:
    """Return the number of columns of codes."""
    return profile.count(Role.CATEGORICAL, Role.BOOLEAN)


def require_torch() -> None:
    """Decline, with the remedy, where the libraries that fitting and saving need are not installed."""
    missing = [name for name in ("torch", "safetensors") if find_spec(name) is None]
    if missing:
        raise FamilyDeclined(f"needs {' and '.join(missing)}, not installed: {REMEDY}")
