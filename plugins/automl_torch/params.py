"""Estimates that several neural families share, and what they need to be installed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec

from automl.plugin import FamilyDeclined, Param, Params, Profile, Role, whole

REMEDY = "pip install 'automl-engine[torch]'"
OPTIMISERS = ("torch._dynamo",)
"""What torch's optimisers import when the first of them is made, which takes as long as torch itself."""


def numbers(profile: Profile) -> int:
    """Estimate the number of encoded columns of numbers; a text column becomes about 36, a date about 6."""
    plain = profile.count(Role.NUMERIC)
    return plain + 6 * profile.count(Role.DATETIME) + 36 * profile.count(Role.TEXT)


def categories(profile: Profile) -> int:
    """Return the number of columns of codes."""
    return profile.count(Role.CATEGORICAL, Role.BOOLEAN)


def affordable(entry: Params, epochs: Sequence[Param], fits: Callable[[Params], bool]) -> Params:
    """Return a portfolio entry with as many of these epochs as fit, longest first; the fewest where none do."""
    most = whole(entry, "epochs")
    shorter: list[Params] = [{**entry, "epochs": n} for n in epochs if isinstance(n, int) and n <= most]
    return next((other for other in shorter if fits(other)), shorter[-1])


def require_torch() -> None:
    """Decline, with the remedy, where the libraries that fitting and saving need are not installed."""
    missing = [name for name in ("torch", "safetensors") if find_spec(name) is None]
    if missing:
        raise FamilyDeclined(f"needs {' and '.join(missing)}, not installed: {REMEDY}")
