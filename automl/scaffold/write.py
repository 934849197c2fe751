"""From the template, a plugin called hello, to a plugin of another name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files as resources
from importlib.resources.abc import Traversable
from pathlib import Path

from automl.errors import OptionError
from automl.scaffold.names import Names

_TEMPLATE = Names.of("hello")
_SKIPPED = frozenset({"__pycache__", ".pytest_cache", ".ruff_cache", ".mypy_cache"})  # what tools leave behind


def files(names: Names) -> dict[str, str]:
    """Return the texts of a new distribution by their path inside it, with `/` between folders."""
    root = resources("automl.scaffold") / "template"
    return {_renamed(path, names): _renamed(file.read_text("utf-8"), names) for path, file in _walk(root)}


def write(names: Names, parent: Path) -> Path:
    """Write a new distribution into a folder of its name inside `parent`, and return that folder.

    Raise `OptionError` where `parent` is not a folder or holds something of that name: nothing is overwritten.
    """
    if not parent.is_dir():
        raise OptionError(f"the folder '{parent}' does not exist: create it, or name another one")
    folder = parent / names.distribution
    if folder.exists():
        raise OptionError(f"'{folder}' is already there and is not overwritten: choose another name or folder")
    for path, text in files(names).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")
    return folder


def _walk(folder: Traversable, inside: str = "") -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name in _SKIPPED:
            continue
        if entry.is_dir():
            yield from _walk(entry, f"{inside}{entry.name}/")
        else:
            yield f"{inside}{entry.name}", entry


def _renamed(text: str, names: Names) -> str:
    """Put the names in the place of the template's, whose own longer names hold the shorter ones."""
    old = (_TEMPLATE.distribution, _TEMPLATE.package, _TEMPLATE.family, _TEMPLATE.cls)
    new = dict(zip(old, (names.distribution, names.package, names.family, names.cls), strict=True))
    return re.sub("|".join(old), lambda found: new[found[0]], text)
