"""The portfolios that a plugin's families were taught by measurements: one JSON file beside the plugin's code.

`benchmarks/portfolio` writes it. Without one, or where it says nothing about data of a kind and size, families go on
with the entries written in their code.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from automl.errors import PluginError
from automl.plugin.model import Params
from automl.task import TaskKind

FILE = "portfolio.json"
"""Its name, in the package of the plugin."""
FORMAT = 1

Entries = Mapping[str, Mapping[str, Mapping[str, tuple[Params, ...]]]]


@dataclass(frozen=True)
class Size:
    """A class of tables by their rows: fewer than `below`, None for the largest."""

    name: str
    below: int | None


@dataclass(frozen=True)
class PortfolioFile:
    """Configurations, best first, by family, kind of task and size; `made` says from what they were learned.

    `sizes` go up, and the last one has no bound. Raise `ValueError` where they do not, or where a kind or a size is
    named that there is none of.
    """

    sizes: tuple[Size, ...]
    families: Entries
    made: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        bounds = [math.inf if size.below is None else size.below for size in self.sizes]
        if bounds != sorted(set(bounds)) or not bounds or bounds[-1] != math.inf:
            raise ValueError("the sizes must go up, and the last one must have no bound")
        names = {size.name for size in self.sizes}
        for family, kinds in self.families.items():
            for kind, sizes in kinds.items():
                if kind not in set(TaskKind) or not set(sizes) <= names:
                    raise ValueError(f"{family}: {kind} {', '.join(sizes)} is no known kind and size")

    def entries(self, family: str, kind: TaskKind, n_rows: int) -> tuple[Params, ...]:
        """Return the configurations of a family for tables like this, none where nothing was learned about them."""
        return self.families.get(family, {}).get(kind.value, {}).get(size_of(self.sizes, n_rows), ())

    def to_json(self) -> dict[str, Any]:
        """Return the file's content as JSON values."""
        families = {
            name: {
                kind: {size: [dict(e) for e in entries] for size, entries in sizes.items()}
                for kind, sizes in of.items()
            }
            for name, of in self.families.items()
        }
        sizes = [{"name": size.name, "below": size.below} for size in self.sizes]
        return {"format": FORMAT, "made": dict(self.made), "sizes": sizes, "families": families}


def size_of(sizes: Sequence[Size], n_rows: int) -> str:
    """Return the name of the size that a table of so many rows has."""
    return next(size.name for size in sizes if size.below is None or n_rows < size.below)


@lru_cache
def read_portfolio(path: Path) -> PortfolioFile | None:
    """Read a plugin's file once a process; None where there is none.

    Raise `PluginError` where it is damaged or of another format.
    """
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise ValueError(f"its format is {content['format']}, and this engine reads {FORMAT}")
        sizes = tuple(Size(str(size["name"]), size["below"]) for size in content["sizes"])
        families = {
            str(name): {kind: {size: _plain(entries) for size, entries in of.items()} for kind, of in kinds.items()}
            for name, kinds in content["families"].items()
        }
        return PortfolioFile(sizes, families, content["made"])
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise PluginError(f"{path}: the learned portfolio cannot be read ({error}): reinstall the plugin") from error


def _plain(entries: Sequence[Any]) -> tuple[Params, ...]:
    """Return the entries, each a flat object of names and plain values; raise `ValueError` for anything else."""
    for entry in entries:
        plain = isinstance(entry, dict) and all(isinstance(v, str | int | float | bool | None) for v in entry.values())
        if not plain:
            raise ValueError(f"{str(entry)[:80]} is no configuration")
    return tuple(entries)
