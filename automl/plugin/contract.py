"""The version of the contract between the engine and its plugins, and what becomes of names that it gives up.

The major number rises when something that plugins rely on is taken away or changes its meaning; the minor one when
something is added, or announced to go. A plugin says what it was written for in the module of its entry point,

    AUTOML_API_VERSION = "1.0"

and is taken to fit where it says nothing. What is to go works with a warning in all later minor versions of the same
major one, so that an author has one of them to change it in: names of `automl.plugin` by a line in `RENAMED`, hooks by
pluggy's own `hookspec(warn_on_impl=DeprecationWarning("..."))`.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from automl.errors import PluginError

API_VERSION = "1.0"
"""`major.minor` of the contract that this engine keeps."""
ATTRIBUTE = "AUTOML_API_VERSION"
"""The attribute of a plugin's module that says which version it was written for."""

_VERSION = re.compile(r"(\d+)\.(\d+)")


class PluginDeprecationWarning(DeprecationWarning):
    """A plugin uses what the next major version of the contract will lack."""


@dataclass(frozen=True)
class Renamed:
    """A public name that went: what replaces it, and the `major.minor` version that announced it."""

    old: str
    new: str
    since: str


RENAMED: tuple[Renamed, ...] = ()
"""The names of `automl.plugin` that go with the next major version."""


def incompatibility(module: object, distribution: str = "", api_version: str = API_VERSION) -> str:
    """Say why a plugin's module does not fit this engine and what to do; empty where it fits.

    Raise `PluginError` where what it says is no version.
    """
    built_for = getattr(module, ATTRIBUTE, api_version)
    found = _VERSION.fullmatch(built_for) if isinstance(built_for, str) else None
    if found is None:
        raise PluginError(f'{ATTRIBUTE} must look like "{api_version}", but is {built_for!r}')
    theirs, ours = int(found[1]), int(api_version.partition(".")[0])
    if theirs == ours:
        return ""
    package = distribution or "the plugin"
    outdated = package if theirs < ours else "automl-engine"
    return f"it was written for version {built_for} of the plugin contract, and this engine keeps {api_version}: " + (
        f"pip install --upgrade {outdated}" if outdated != "the plugin" else "install a newer version of the plugin"
    )


def forwarding(module: str, renamed: Iterable[Renamed]) -> Callable[[str], Any]:
    """Return a `__getattr__` for a module that answers old names with new ones, and warns."""
    by_name = {item.old: item for item in renamed}

    def forward(name: str) -> Any:
        if name not in by_name:
            raise AttributeError(f"module '{module}' has no attribute '{name}'")
        item = by_name[name]
        warnings.warn(
            f"{module}.{item.old} is {item.new} since version {item.since} of the plugin contract, and goes with the "
            f"next major one: use {item.new}",
            PluginDeprecationWarning,
            stacklevel=2,
        )
        return getattr(sys.modules[module], item.new)

    return forward
