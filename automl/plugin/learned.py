"""Portfolios learned from measurements in the place of written ones, laid into the space that a table has."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from automl.data.dataset import Profile
from automl.plugin.family import ModelFamily
from automl.plugin.model import Param, Params
from automl.plugin.portfolio_file import FILE, PortfolioFile, read_portfolio
from automl.task import Task

_STEP = 1e-9  # how far a float may be from the grid of its steps, in steps


@dataclass(frozen=True)
class Instead:
    """Entries by family that take the place of all learned ones; `asked` are the families that asked for theirs."""

    entries: Mapping[str, Sequence[Params]]
    asked: set[str] = field(default_factory=set)


_INSTEAD: ContextVar[Instead | None] = ContextVar("instead", default=None)


def learned_portfolio(family: ModelFamily, written: Sequence[Params], task: Task, profile: Profile) -> list[Params]:
    """Return what was learned about data like this, or else the `written` entries; the first of these is the default.

    Learned entries come from `portfolio.json` in the package that defines the family's class. They are laid into this
    table's space: what an entry does not say, and what the space does not offer here, is taken from the default. Raise
    `PluginError` where the file is damaged.
    """
    laid = (lay(family, entry, written[0], task, profile) for entry in _learned(family, task, profile))
    entries: list[Params] = []
    for entry in laid:
        if entry is not None and entry not in entries:
            entries.append(entry)
    return entries or list(written)


def portfolio_path(family: ModelFamily) -> Path | None:
    """Return where the package of a family's class has its learned portfolio, if it has one; None outside packages."""
    package = sys.modules.get(type(family).__module__.partition(".")[0])
    file = getattr(package, "__file__", None)
    return Path(file).with_name(FILE) if file and hasattr(package, "__path__") else None


@contextlib.contextmanager
def instead(entries: Mapping[str, Sequence[Params]]) -> Iterator[Instead]:
    """Let families take these entries for learned ones in the block, and those not named their written ones.

    That is how configurations are measured as a run would take them from the file.
    """
    value = Instead(entries)
    token = _INSTEAD.set(value)
    try:
        yield value
    finally:
        _INSTEAD.reset(token)


def lay(family: ModelFamily, entry: Params, default: Params, task: Task, profile: Profile) -> Params | None:
    """Return the configuration of this table's space that is nearest to an entry of another's; None if there is none.

    Every parameter is the entry's where the space offers that here, and the default's otherwise.
    """
    answers = _Answers((entry, default))
    try:
        return dict(family.suggest(answers, task, profile))
    except _NothingFits:
        return None


def _learned(family: ModelFamily, task: Task, profile: Profile) -> Sequence[Params]:
    other = _INSTEAD.get()
    if other is not None:
        other.asked.add(family.name)
        return other.entries.get(family.name, ())
    file = portfolio_of(family)
    return () if file is None else file.entries(family.name, task.kind, profile.n_rows)


def portfolio_of(family: ModelFamily) -> PortfolioFile | None:
    """Return the learned portfolios that come with a family's plugin, None where there are none."""
    path = portfolio_path(family)
    return None if path is None else read_portfolio(path)


class _NothingFits(Exception):
    """Neither the entry nor the default has a value that the space offers."""


class _Answers:
    """Answers a space's questions with the first of several configurations whose value is on offer."""

    def __init__(self, sources: tuple[Params, ...]) -> None:
        self._sources = sources

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        value = self._first(name, lambda value: _within(value, low, high, step))
        return float(cast(float, value))

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        value = self._first(name, lambda value: isinstance(value, int) and _within(value, low, high, step))
        return int(cast(int, value))

    def suggest_categorical(self, name: str, choices: list[Param]) -> Param:
        value = self._first(name, lambda value: any(_same(value, choice) for choice in choices))
        return next(choice for choice in choices if _same(value, choice))

    def _first(self, name: str, offered: Callable[[Param], bool]) -> Param:
        for source in self._sources:
            if name in source and offered(source[name]):
                return source[name]
        raise _NothingFits


def _within(value: Param, low: float, high: float, step: float | None) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        return False
    return step is None or abs((value - low) / step - round((value - low) / step)) <= _STEP


def _same(one: Param, other: Param) -> bool:
    """Whether two values are equal; True is not 1."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)
