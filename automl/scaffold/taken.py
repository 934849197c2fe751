"""Names that something installed already has."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec

from automl.errors import OptionError
from automl.plugin.registry import Registry
from automl.scaffold.names import Names


def refuse_taken(names: Names, registry: Registry) -> None:
    """Raise `OptionError` where an installed family, plugin, package or distribution has one of the names."""
    for info in registry.plugins:
        if names.family in info.families:
            raise _taken("family", names.family, f"the plugin '{info.name}' brings it")
        if names.family == info.name:
            raise _taken("plugin", names.family, f"'{info.distribution}' brings it")
    if find_spec(names.package) is not None:
        raise _taken("package", names.package, "it can be imported here")
    try:
        version = distribution(names.distribution).version
    except PackageNotFoundError:
        return
    raise _taken("distribution", names.distribution, f"version {version} is installed")


def _taken(what: str, name: str, why: str) -> OptionError:
    return OptionError(f"the {what} name '{name}' is taken ({why}): choose another name")
