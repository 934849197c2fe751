"""The configurations to measure: what families bring, and samples of their spaces, the same for every table.

A configuration is drawn for a table that has columns of every role, so that it says something about every parameter
that some table's space has. It is then laid into each table's own space by `automl.plugin.learned`, as a run does with
what it finds in `portfolio.json`.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np

from automl.metrics import default_metric
from automl.plugin import ModelFamily, Param, Params, Profile, Role, Suggest, Task, TaskKind
from automl.plugin.learned import instead, lay
from automl.testing.random_trial import RandomTrial

ROWS = (1_000, 5_000, 20_000)
"""Families may write other entries for tables of other sizes: those for each of these are measured on all."""
COLUMNS: Mapping[Role, int] = {
    Role.NUMERIC: 20, Role.CATEGORICAL: 20, Role.BOOLEAN: 4, Role.DATETIME: 2, Role.TEXT: 1, Role.IMAGE: 1,
    Role.SEQUENCE: 1,
}  # fmt: skip
_LABELS = {TaskKind.BINARY: ("a", "b"), TaskKind.MULTICLASS: ("a", "b", "c", "d", "e"), TaskKind.REGRESSION: ()}
_DIGITS = 4  # of a sampled number: more make a file longer and no model better

Origin = Literal["written", "learned", "sample"]


@dataclass(frozen=True)
class Configuration:
    """Parameters of a family for any table, and where they come from."""

    family: str
    params: Params
    origin: Origin

    @property
    def key(self) -> str:
        """A short name that is the same for the same parameters."""
        return key_of(self.family, self.params)


def key_of(family: str, params: Params) -> str:
    """Name parameters of a family."""
    text = json.dumps(dict(params), sort_keys=True)
    return f"{family}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def configurations(family: ModelFamily, kind: TaskKind, samples: int, seed: int) -> list[Configuration]:
    """Return a family's written entries, its learned ones, and so many samples of its space, each once.

    A family that does not ask for learned entries can be given none: its written ones are all there is to it.
    """
    found: dict[str, Configuration] = {}
    with instead({}) as value:
        for params in _portfolios(family, kind):
            _add(found, Configuration(family.name, params, "written"))
    if family.name not in value.asked:
        return list(found.values())
    for params in _portfolios(family, kind):
        _add(found, Configuration(family.name, params, "learned"))
    for number in range(samples):
        _add(found, Configuration(family.name, _sample(family, kind, number, seed), "sample"))
    return list(found.values())


def written_on(family: ModelFamily, task: Task, profile: Profile) -> list[Params]:
    """Return the entries that a family's code brings for a table."""
    with instead({}):
        return [dict(entry) for entry in family.portfolio(task, profile)]


def on_table(family: ModelFamily, configuration: Configuration, task: Task, profile: Profile) -> Params:
    """Return what a run on a table would try, were the configuration the only one that was learned."""
    with instead({family.name: [configuration.params]}) as value:
        entries = family.portfolio(task, profile)
    if family.name in value.asked:
        return dict(entries[0])
    return lay(family, configuration.params, entries[0], task, profile) or dict(entries[0])


def rounds(all_of: Sequence[Configuration], size: int) -> Iterator[list[Configuration]]:
    """Yield what families bring first, then their samples, so many of each family at a time."""
    yield [one for one in all_of if one.origin != "sample"]
    by_family: dict[str, list[Configuration]] = {}
    for one in all_of:
        if one.origin == "sample":
            by_family.setdefault(one.family, []).append(one)
    most = max(map(len, by_family.values()), default=0)
    for start in range(0, most, size):
        yield [one for samples in by_family.values() for one in samples[start : start + size]]


def _portfolios(family: ModelFamily, kind: TaskKind) -> Iterator[Params]:
    for n_rows in ROWS:
        yield from family.portfolio(*_wide(kind, n_rows))


def _add(found: dict[str, Configuration], one: Configuration) -> None:
    found.setdefault(one.key, one)


def _sample(family: ModelFamily, kind: TaskKind, number: int, seed: int) -> Params:
    rng = np.random.default_rng([seed, zlib.crc32(family.name.encode()), number])
    params = family.suggest(cast(Suggest, RandomTrial(rng)), *_wide(kind, ROWS[1]))
    return {name: _rounded(value) for name, value in params.items()}


def _rounded(value: Param) -> Param:
    return float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value


def _wide(kind: TaskKind, n_rows: int) -> tuple[Task, Profile]:
    """Return a task and the profile of a table with columns of every role."""
    labels = _LABELS[kind]
    rarest = n_rows // (2 * len(labels)) if labels else n_rows
    profile = Profile(n_rows, len(labels) or 1, tuple(COLUMNS.items()), max_levels=50, rarest=rarest, missing=0.05)
    return Task(kind, "y", labels, default_metric(kind).name), profile
