"""The decisions of a run: each one a value with its facts, which `run.log` keeps as a line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from automl.plugin.model import Params


@dataclass(frozen=True)
class Event:
    """A decision; `name` is what its line calls it."""

    name: ClassVar[str]


@dataclass(frozen=True)
class Budget(Event):
    """What a run may use: `memory` bytes in all (`available` could be had), `workers` processes, and `seconds` from now
    (None: no limit), of which `finishing` are kept for what follows the search."""

    name: ClassVar[str] = "budget"
    memory: int
    available: int
    workers: int
    seconds: float | None
    finishing: float | None


@dataclass(frozen=True)
class Declined(Event):
    """A family takes no part in the run, and why: it was asked before the search."""

    name: ClassVar[str] = "declined"
    family: str
    reason: str


@dataclass(frozen=True)
class Closed(Event):
    """A family is tried no more, and why: it failed too often, raised, or has nothing left to try."""

    name: ClassVar[str] = "closed"
    family: str
    reason: str


@dataclass(frozen=True)
class Chosen(Event):
    """The allocator's choice of a family for trial `number`.

    `why` is `first` (its default, cheapest family first), `gamble` (no estimate fits, and there is no model yet),
    `proposed` (by a study that all families share), or `odds`: drawn with the probabilities `odds`, by family. `cost`
    is the estimate, in seconds of one worker or, with a fixed number of trials, in the families' own units; `need` the
    bytes that its process is expected to hold.
    """

    name: ClassVar[str] = "chosen"
    number: int
    family: str
    params: Params
    origin: str
    why: str
    odds: Mapping[str, float]
    cost: float
    need: int


@dataclass(frozen=True)
class Waiting(Event):
    """Trial `number` waits until there is room in memory for the `need` bytes that it is expected to hold."""

    name: ClassVar[str] = "waiting"
    number: int
    family: str
    need: int


@dataclass(frozen=True)
class Started(Event):
    """Trial `number` was given to the workers in so many `jobs`, with `seconds` to take (None: no limit).

    `bar` is the error that its running mean must not exceed, None where it may finish in any case.
    """

    name: ClassVar[str] = "started"
    number: int
    family: str
    jobs: int
    seconds: float | None
    bar: float | None


@dataclass(frozen=True)
class Killed(Event):
    """The processes of trial `number` were ended after `seconds`, and why: its time, the run's, or memory."""

    name: ClassVar[str] = "killed"
    number: int
    family: str
    reason: str
    seconds: float


@dataclass(frozen=True)
class EnsembleSelected(Event):
    """The ensemble: its `members` (number, family, weight, score) out of so many `candidates`.

    `score` is the ensemble's, cross-validated, and `best_score` that of the best trial alone, in the metric's unit.
    """

    name: ClassVar[str] = "selected"
    candidates: int
    score: float
    best_score: float
    members: tuple[Mapping[str, Any], ...] = field(default_factory=tuple)


@dataclass(frozen=True)
class Refitted(Event):
    """The `trials` of the ensemble's `members` whose models were fitted again, on all rows, within `seconds`."""

    name: ClassVar[str] = "refitted"
    trials: tuple[int, ...]
    members: int
    seconds: float


@dataclass(frozen=True)
class Slimmed(Event):
    """A single row took `before` seconds, more than its `limit`: with so many `members`, of so many `models` in all, it
    takes `after`, measured on the saved model."""

    name: ClassVar[str] = "slimmed"
    limit: float
    before: float
    after: float
    members: int
    models: int


EVENTS: tuple[type[Event], ...] = (
    Budget,
    Declined,
    Closed,
    Chosen,
    Waiting,
    Started,
    Killed,
    EnsembleSelected,
    Refitted,
    Slimmed,
)
