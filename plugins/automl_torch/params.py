"""Estimates that several neural families share, and what they need to be installed."""

from __future__ import annotations

from importlib.util import find_spec

from automl.plugin import FamilyDeclined, Profile, Role

REMEDY = "pip install 'automl-engine[torch]'"


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
