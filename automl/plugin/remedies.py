"""What is wrong with a plugin that cannot be loaded, and what mends it, in one sentence."""

from __future__ import annotations

import re
from collections import Counter
from importlib.metadata import EntryPoint

import pluggy

from automl.plugin.contract import API_VERSION

DISABLED = "AUTOML_DISABLED_PLUGINS"
"""Environment variable with the comma-separated names of plugins to leave out."""

_REQUIREMENT = re.compile(r"([\w.-]+).*extra\s*==\s*['\"]([\w.-]+)['\"]")


def distribution_of(entry: EntryPoint) -> tuple[str, str]:
    """Return the name and the version of the distribution that brings an entry point, empty where there is none."""
    return (entry.dist.name, entry.dist.version) if entry.dist is not None else ("", "")


def remedy(entry: EntryPoint, error: BaseException) -> str:
    """Say what a plugin's error means and what mends it."""
    distribution = distribution_of(entry)[0]
    if isinstance(error, ModuleNotFoundError) and error.name and not error.name.startswith("automl."):
        package = _extra(entry, error.name.partition(".")[0]) or error.name.partition(".")[0]
        return f"it needs the module '{error.name}', which is not installed: pip install \"{package}\""
    fix = f"pip install --upgrade {distribution}" if distribution else "correct the plugin"
    if isinstance(error, ImportError) and (error.name or "").startswith("automl."):
        return f"{error}: version {API_VERSION} of the plugin contract has no such thing ({fix}, or the engine)"
    if isinstance(error, pluggy.PluginValidationError):
        return f"{error}: correct the hook's name or arguments (see automl.plugin.hookspecs), or {fix}"
    return f"{type(error).__name__}: {error} ({fix}, or disable it with {DISABLED}={entry.name})"


def _extra(entry: EntryPoint, module: str) -> str | None:
    """Return `distribution[extra]` for the extra of the plugin's distribution that brings a module, and least else."""
    requires = (entry.dist.requires or ()) if entry.dist is not None else ()
    asked = [(found[1], found[2]) for found in map(_REQUIREMENT.match, requires) if found]
    size = Counter(extra for _, extra in asked)
    bringing = [extra for package, extra in asked if _brings(package, module)]
    return f"{distribution_of(entry)[0]}[{min(bringing, key=lambda extra: (size[extra], extra))}]" if bringing else None


def _brings(package: str, module: str) -> bool:
    """Whether a distribution is that of a module: it may carry a suffix, as xgboost-cpu and interpret-core do."""
    name = re.escape(module.replace("_", "-"))
    return re.fullmatch(rf"{name}(-\w+)?", package.replace("_", "-"), re.IGNORECASE) is not None
