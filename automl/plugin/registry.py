"""Which plugins are installed, which of them work, and what they bring."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Any, Literal

import pluggy

from automl.data.schema import Role
from automl.errors import OptionError, PluginError, unknown
from automl.metrics import Metric
from automl.plugin import hookspecs
from automl.plugin.family import ModelFamily

GROUP = "automl"
"""The entry-point group that plugins register in."""
DISABLED = "AUTOML_DISABLED_PLUGINS"
"""Environment variable with the comma-separated names of plugins to leave out."""
Status = Literal["available", "unavailable", "disabled"]

_OWN = "automl-engine"  # our distribution loads first, so that a third party cannot take a name of ours
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class PluginInfo:
    """One installed plugin: where it comes from, what it brings, and why it is out where it is."""

    name: str
    distribution: str = ""
    version: str = ""
    families: tuple[str, ...] = ()
    inputs: frozenset[Role] = frozenset()
    status: Status = "available"
    reason: str = ""


@dataclass(frozen=True)
class Registry:
    """The plugins found, and the families and metrics of those that work; `hook` calls them all."""

    plugins: tuple[PluginInfo, ...] = ()
    families: Mapping[str, ModelFamily] = field(default_factory=dict)
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    hook: Any = None

    def family(self, name: str) -> ModelFamily:
        """Return the family of this name; the error for an unknown one names the nearest, and what failed to load."""
        try:
            return self.families[name]
        except KeyError:
            out = "".join(f"; plugin '{p.name}' is {p.status}: {p.reason}" for p in self.plugins if p.reason)
            raise OptionError(f"{unknown('family', name, self.families)}{out}") from None


def discover(disabled: Collection[str] = ()) -> Registry:
    """Load the installed plugins, except those named here or in `AUTOML_DISABLED_PLUGINS`; found once a process."""
    named = {name.strip() for name in os.environ.get(DISABLED, "").split(",")} - {""}
    return _discover(tuple(sorted(named | set(disabled))))


@cache
def _discover(disabled: tuple[str, ...]) -> Registry:
    return collect(entry_points(group=GROUP), disabled)


def collect(entries: Iterable[EntryPoint], disabled: Collection[str] = ()) -> Registry:
    """Load these entry points one by one; one that fails is listed with its reason and stops nothing."""
    manager = _manager()
    plugins: list[PluginInfo] = []
    families: dict[str, ModelFamily] = {}
    metrics: dict[str, Metric] = {}
    for entry in sorted(entries, key=lambda entry: (_distribution(entry)[0] != _OWN, entry.name)):
        distribution, version = _distribution(entry)
        info = PluginInfo(entry.name, distribution, version)
        if entry.name in disabled:
            why = f"switched off by the caller or by {DISABLED}"
            plugins.append(PluginInfo(entry.name, distribution, version, status="disabled", reason=why))
            continue
        try:
            module = entry.load()
            new_families, new_metrics = _probe(entry.name, module)
            _refuse_taken("family", new_families, families)
            _refuse_taken("metric", new_metrics, metrics)
            manager.register(module, name=entry.name)
        except (Exception, SystemExit) as error:  # whatever foreign code does on import, the engine goes on
            reason = _remedy(entry, error)
            plugins.append(PluginInfo(entry.name, distribution, version, status="unavailable", reason=reason))
            continue
        families |= new_families
        metrics |= new_metrics
        inputs = frozenset(role for family in new_families.values() for role in family.inputs)
        plugins.append(PluginInfo(info.name, distribution, version, tuple(new_families), inputs))
    return Registry(tuple(plugins), MappingProxyType(families), MappingProxyType(metrics), manager.hook)


def select(registry: Registry, names: Iterable[str] | None, exclude: Iterable[str] = ()) -> dict[str, ModelFamily]:
    """Return the families of these names (None: all of them) without the excluded ones, by name."""
    chosen = {name: registry.family(name) for name in (registry.families if names is None else names)}
    out = {registry.family(name).name for name in exclude}
    return {name: family for name, family in chosen.items() if name not in out}


def _manager() -> pluggy.PluginManager:
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hookspecs)
    return manager


def _probe(name: str, module: object) -> tuple[dict[str, ModelFamily], dict[str, Metric]]:
    """Return what a plugin brings, asked alone, so that its mistakes cannot be mistaken for another's."""
    manager = _manager()
    manager.register(module, name=name)
    manager.check_pending()
    families: dict[str, ModelFamily] = {}
    for family in (family for brought in manager.hook.automl_families() for family in brought):
        if not isinstance(family, ModelFamily):
            raise PluginError(f"automl_families must return instances of ModelFamily, but one is {family!r}")
        if not _NAME.fullmatch(getattr(family, "name", "")):
            given = getattr(family, "name", "")
            raise PluginError(f"the family name '{given}' must be lower-case letters, digits and underscores")
        _refuse_taken("family", {family.name: family}, families)
        families[family.name] = family
    metrics = {metric.name: metric for brought in manager.hook.automl_metrics() for metric in brought}
    return families, metrics


def _refuse_taken(what: str, new: Iterable[str], taken: Collection[str]) -> None:
    for name in new:
        if name in taken:
            raise PluginError(f"the {what} name '{name}' is already taken: rename it, or disable the other plugin")


def _distribution(entry: EntryPoint) -> tuple[str, str]:
    return (entry.dist.name, entry.dist.version) if entry.dist is not None else ("", "")


def _remedy(entry: EntryPoint, error: BaseException) -> str:
    """Say in one sentence what is wrong with a plugin and what mends it."""
    distribution = _distribution(entry)[0]
    if isinstance(error, ModuleNotFoundError) and error.name:
        missing = error.name.partition(".")[0]
        package = _extra(entry, missing) or missing
        return f"it needs the module '{error.name}', which is not installed: pip install '{package}'"
    fix = f"pip install --upgrade {distribution}" if distribution else "correct the plugin"
    if isinstance(error, pluggy.PluginValidationError):
        return f"{error}: correct the hook's name or arguments (see automl.plugin.hookspecs), or {fix}"
    return f"{type(error).__name__}: {error} ({fix}, or disable it with {DISABLED}={entry.name})"


def _extra(entry: EntryPoint, module: str) -> str | None:
    """Return `distribution[extra]` where an extra of the plugin's distribution brings this module."""
    module = module.replace("_", "-")
    for requirement in (entry.dist.requires or ()) if entry.dist is not None else ():
        found = re.match(r"([\w.-]+).*extra\s*==\s*['\"]([\w.-]+)['\"]", requirement)
        # The distribution of a module may carry a suffix, as xgboost-cpu and interpret-core do.
        if found and re.fullmatch(rf"{re.escape(module)}(-\w+)?", found[1].replace("_", "-"), re.IGNORECASE):
            return f"{_distribution(entry)[0]}[{found[2]}]"
    return None
