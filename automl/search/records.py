"""What the search hands round: trials to run, their results, and the journal's lines."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from automl.data.folds import ALL_ROWS
from automl.plugin.model import Params

State = Literal["complete", "stopped", "failed"]

# How the reasons begin of trials that were killed for what they took.
OVERRAN = "overran its time"
OUT_OF_MEMORY = "killed for its memory"


def derived_seed(seed: int, key: int | str) -> int:
    """Return a seed below 2**31, which every library accepts, for one of the things that a run's seed governs."""
    number = zlib.crc32(key.encode()) + 2**32 if isinstance(key, str) else key
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0]) % 2**31


@dataclass(frozen=True)
class Trial:
    """A configuration to judge: `number` counts a run's trials from 0, `origin` is `portfolio` or `search`."""

    number: int
    family: str
    params: Params
    seed: int
    origin: str = "search"


@dataclass(frozen=True)
class SavedModel:
    """A fitted model on disk: its folder and its encoder's file, relative to the run folder, and its fold's index.

    `shared` are the names of the files on the run's shelf that it needs.
    """

    folder: str
    encoder: str
    fold: int
    shared: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> SavedModel:
        """Read back its part of a journal's line."""
        return cls(**{**entry, "shared": tuple(entry.get("shared", ()))})


@dataclass(frozen=True)
class JobResult:
    """What a worker returns for some folds of a trial.

    `predictions` maps a fold's index to (n_score, n_outputs) float32. `seconds` is the job's time, `predict_seconds`
    that of one row with all models, measured in a batch. `memory` is the peak of the process in bytes. `stopped` is the
    reason where not all folds were fitted, otherwise empty.
    """

    predictions: Mapping[int, NDArray[np.float32]]
    models: tuple[SavedModel, ...]
    seconds: float
    predict_seconds: float
    memory: int
    stopped: str = ""


@dataclass(frozen=True)
class TrialRecord:
    """One line of the journal.

    `error` is the metric over all scored rows, turned so that lower is better, None unless complete; `fold_errors` are
    those of the folds that were fitted. `seconds` is what all jobs took together (where it failed, at least the time
    since its start), `predict_seconds` what one row takes with all models, `memory` the peak of the largest process in
    bytes. `reason` says why a trial was stopped or failed. `elapsed` is how long the run had lasted when the trial
    ended, in seconds, interruptions left out.
    """

    number: int
    family: str
    params: Params
    seed: int
    origin: str
    state: State
    error: float | None = None
    fold_errors: tuple[float, ...] = ()
    seconds: float = 0.0
    predict_seconds: float = 0.0
    memory: int = 0
    models: tuple[SavedModel, ...] = ()
    reason: str = ""
    elapsed: float = 0.0

    @property
    def partial(self) -> bool:
        """Whether its only model has not learned from every row."""
        return len(self.models) == 1 and self.models[0].fold != ALL_ROWS

    @property
    def overran(self) -> bool:
        """Whether it was killed because it ignored its deadline."""
        return OVERRAN in self.reason

    @property
    def out_of_memory(self) -> bool:
        """Whether it was killed because the run held more memory than it may."""
        return OUT_OF_MEMORY in self.reason

    def to_json(self) -> dict[str, Any]:
        """Return the line as JSON values."""
        return asdict(self) | {"params": dict(self.params)}

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> TrialRecord:
        """Read a line back; raise `KeyError` or `TypeError` where it is no line of a journal."""
        models = tuple(SavedModel.from_json(model) for model in line["models"])
        return cls(**{**line, "models": models, "fold_errors": tuple(line["fold_errors"])})
