"""Which plugins are installed, which of them work, and what they bring."""

from __future__ import annotations

import os
import re
import threading
import warnings
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Any, Literal

import pluggy

from automl.data.schema import Role
from automl.errors import OptionError, PluginError, unknown
from automl.features.derived import FeatureEncoder
from automl.features.selection import Selector
from automl.features.selectors import SELECTORS
from automl.metrics import Metric
from automl.plugin import hookspecs
from automl.plugin.contract import incompatibility
from automl.plugin.family import ModelFamily
from automl.plugin.imports import Importer
from automl.plugin.remedies import DISABLED, distribution_of, remedy

GROUP = "automl"
"""The entry-point group that plugins register in."""
Status = Literal["available", "unavailable", "incompatible", "disabled"]

_OWN = "automl-engine"  # our distribution loads first, so that a third party cannot take a name of ours
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class PluginInfo:
    """One installed plugin: where it comes from, what it brings, and why it is out where it is.

    `error` is what it raised where it is unavailable.
    """

    name: str
    distribution: str = ""
    version: str = ""
    families: tuple[str, ...] = ()
    inputs: frozenset[Role] = frozenset()
    status: Status = "available"
    reason: str = ""
    error: BaseException | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class _Brought:
    """What plugins bring, by name."""

    families: Mapping[str, ModelFamily]
    metrics: Mapping[str, Metric]
    encoders: Mapping[str, FeatureEncoder]
    selectors: Mapping[str, Selector]

    def joined(self, other: _Brought) -> _Brought:
        """Return both together; raise `PluginError` where the other takes a name that is taken."""
        _refuse_taken("family", other.families, self.families)
        _refuse_taken("metric", other.metrics, self.metrics)
        _refuse_taken("encoder", other.encoders, self.encoders)
        _refuse_taken("selector", other.selectors, self.selectors)
        return _Brought(
            {**self.families, **other.families},
            {**self.metrics, **other.metrics},
            {**self.encoders, **other.encoders},
            {**self.selectors, **other.selectors},
        )


@dataclass(frozen=True)
class Registry:
    """The plugins found, and what those that work bring; `hook` calls them all."""

    plugins: tuple[PluginInfo, ...] = ()
    families: Mapping[str, ModelFamily] = field(default_factory=dict)
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    hook: Any = None
    encoders: Mapping[str, FeatureEncoder] = field(default_factory=dict)
    selectors: Mapping[str, Selector] = field(default_factory=dict)

    def family(self, name: str) -> ModelFamily:
        """Return the family of this name; the error for an unknown one names the nearest, and what failed to load."""
        try:
            return self.families[name]
        except KeyError:
            out = "".join(f"; plugin '{p.name}' is {p.status}: {p.reason}" for p in self.plugins if p.reason)
            raise OptionError(f"{unknown('family', name, self.families)}{out}") from None


# By what is disabled, by the caller and by the variable: the registry, and the threads of imports too slow for it.
_FOUND: dict[tuple[tuple[str, ...], tuple[str, ...]], tuple[Registry, list[threading.Thread]]] = {}


def discover(disabled: Collection[str] = (), patience: float | None = None) -> Registry:
    """Load the installed plugins, except those named here or in `AUTOML_DISABLED_PLUGINS`; found once a process.

    Raise `OptionError` where a plugin named here is not installed; one named in the variable, which may serve several
    installations, is a warning. Imports may take `patience` seconds in all (None: however long it takes); a plugin that
    takes longer is listed as unavailable until its import, which goes on, has ended.
    """
    named = {name.strip() for name in os.environ.get(DISABLED, "").split(",")} - {""}
    key = tuple(sorted(disabled)), tuple(sorted(named))
    registry, late = _FOUND.get(key, (None, []))
    if registry is None or any(not thread.is_alive() for thread in late):
        importer = Importer(patience)
        registry = _discover(*key, importer)
        _FOUND[key] = registry, importer.late
    return registry


def switch_off(names: Collection[str]) -> None:
    """Leave these plugins out from now on, in this process and in those that it starts.

    Raise `OptionError` where one of them is not installed.
    """
    if not names:
        return
    for name in names:
        _refuse_unknown(name)
    given = [name for name in os.environ.get(DISABLED, "").split(",") if name]
    os.environ[DISABLED] = ",".join(dict.fromkeys([*given, *names]))


def _discover(disabled: tuple[str, ...], by_variable: tuple[str, ...], importer: Importer) -> Registry:
    for name in disabled:
        _refuse_unknown(name)
    for name in by_variable:
        try:
            _refuse_unknown(name)
        except OptionError as error:
            warnings.warn(f"{DISABLED}: {error}", stacklevel=3)
    return collect(entry_points(group=GROUP), {*disabled, *by_variable}, importer)


def _refuse_unknown(name: str) -> None:
    known = entry_points(group=GROUP).names
    if name not in known:
        raise unknown("plugin", name, known)


def collect(
    entries: Iterable[EntryPoint], disabled: Collection[str] = (), importer: Importer | None = None
) -> Registry:
    """Load these entry points one by one; one that fails is listed with its reason and stops nothing."""
    importer = importer or Importer()
    manager = _manager()
    plugins: list[PluginInfo] = []
    everything = _Brought({}, {}, {}, dict(SELECTORS))
    for entry in sorted(entries, key=lambda entry: (distribution_of(entry)[0] != _OWN, entry.name)):
        distribution, version = distribution_of(entry)
        info = PluginInfo(entry.name, distribution, version)
        if entry.name in disabled:
            why = f"switched off by the caller or by {DISABLED}"
            plugins.append(replace(info, status="disabled", reason=why))
            continue
        try:
            module = importer.load(entry)
            if reason := incompatibility(module, distribution):
                plugins.append(replace(info, status="incompatible", reason=reason))
                continue
            new = _probe(entry.name, module)
            together = everything.joined(new)
            manager.register(module, name=entry.name)
        except (Exception, SystemExit) as error:  # whatever foreign code does on import, the engine goes on
            plugins.append(replace(info, status="unavailable", reason=remedy(entry, error), error=error))
            continue
        everything = together
        inputs = frozenset(role for family in new.families.values() for role in family.inputs)
        plugins.append(replace(info, families=tuple(new.families), inputs=inputs))
    return Registry(
        plugins=tuple(plugins),
        families=MappingProxyType(dict(everything.families)),
        metrics=MappingProxyType(dict(everything.metrics)),
        hook=manager.hook,
        encoders=MappingProxyType(dict(everything.encoders)),
        selectors=MappingProxyType(dict(everything.selectors)),
    )


def select(registry: Registry, names: Iterable[str] | None, exclude: Iterable[str] = ()) -> dict[str, ModelFamily]:
    """Return the families of these names (None: all of them) without the excluded ones, by name.

    Raise `OptionError` for a name, wanted or excluded, that no family has.
    """
    chosen = {name: registry.family(name) for name in (registry.families if names is None else names)}
    out = {registry.family(name).name for name in exclude}
    return {name: family for name, family in chosen.items() if name not in out}


def _manager() -> pluggy.PluginManager:
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hookspecs)
    return manager


def _probe(name: str, module: object) -> _Brought:
    """Return what a plugin brings, asked alone, so that its mistakes cannot be mistaken for another's."""
    manager = _manager()
    manager.register(module, name=name)
    manager.check_pending()
    hook = manager.hook
    metrics = {metric.name: metric for brought in hook.automl_metrics() for metric in brought}
    return _Brought(
        _named("family", "automl_families", ModelFamily, hook.automl_families()),
        metrics,
        _named("encoder", "automl_encoders", FeatureEncoder, hook.automl_encoders()),
        _named("selector", "automl_selectors", Selector, hook.automl_selectors()),
    )


def _named(what: str, hook: str, kind: type[Any], brought: Iterable[Iterable[Any]]) -> dict[str, Any]:
    """Return what a hook brought by name, or raise `PluginError` where it is of another kind or badly named."""
    found: dict[str, Any] = {}
    for item in (item for items in brought for item in items):
        if not isinstance(item, kind):
            raise PluginError(f"{hook} must return instances of {kind.__name__}, but one is {item!r}")
        given = getattr(item, "name", "")
        if not _NAME.fullmatch(given):
            raise PluginError(f"the {what} name '{given}' must be lower-case letters, digits and underscores")
        _refuse_taken(what, {given: item}, found)
        found[given] = item
    return found


def _refuse_taken(what: str, new: Iterable[str], taken: Collection[str]) -> None:
    for name in new:
        if name in taken:
            raise PluginError(f"the {what} name '{name}' is already taken: rename it, or disable the other plugin")
