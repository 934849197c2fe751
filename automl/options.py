"""What a user may ask of a fit, and what a fit answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from automl.data.limits import InputLimits
from automl.data.repairs import known_repairs
from automl.errors import OptionError, unknown
from automl.memory import parse_limit
from automl.metrics import Metric
from automl.parts import known_parts
from automl.plugin.family import ModelFamily
from automl.task import TaskKind

DEFAULT_SECONDS = 300.0
Backend = Literal["process", "inline"]


@dataclass(frozen=True)
class FitOptions:
    """Options of a fit; `None` leaves a choice to the engine.

    `time_limit` is in seconds of wall clock: 300 unless `trials` is given. With `trials` the same seed gives the same
    model, provided that no time limit ends the search before. `test` is a file or a data frame. Image paths start from
    the folder `images`, by default the table's. `input_limits` such as "columns=200000" raise those of
    `automl.data.limits`. `backbones` are folders of checkpoints that families start from. `metric` is a name, a
    `Metric`, a scikit-learn scorer or a callable. `extra_families` are instances that no plugin brings. `selection` of
    features is `auto` (the search decides how many, ranked by gain), `off`, or the name of the selector that ranks
    them. `memory_limit` is what the run may hold, as a size or a share of what is available ("8GiB", "50%"; a number is
    bytes): 80% by default. `fast` asks for one model, or for as few as give up at most 1% of the ensemble's score.
    `latency_limit` is what a single row may take to predict, warm, in milliseconds; by default 20 where it costs
    little, and no limit with `trials`. `without` names parts of the engine to do without (`automl.parts`), which only
    measuring them needs. The `inline` backend runs trials in this process: no protection, no start-up time.
    """

    target: str
    task: TaskKind | str | None = None
    metric: str | Metric | Any | None = None
    output: Path | None = None
    time_limit: float | None = None
    trials: int | None = None
    test: Any = None
    test_size: float = 0.15
    roles: Mapping[str, str] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    repair: tuple[str, ...] = ()
    weight: str | None = None
    group: str | None = None
    time: str | None = None
    images: Path | None = None
    backbones: tuple[Path, ...] = ()
    input_limits: tuple[str, ...] = ()
    families: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()
    extra_families: tuple[ModelFamily, ...] = ()
    selection: str = "auto"
    folds: int | None = None
    seed: int = 0
    jobs: int | None = None
    sampler: str = "tpe"
    memory_limit: str | int | None = None
    without: tuple[str, ...] = ()
    fast: bool = False
    latency_limit: float | None = None
    backend: Backend = "process"

    @property
    def seconds(self) -> float | None:
        """The time limit in force, None for none."""
        return DEFAULT_SECONDS if self.time_limit is None and self.trials is None else self.time_limit

    @property
    def counted(self) -> bool:
        """Whether trials are counted: nothing but the end of the search may depend on a clock then."""
        return self.trials is not None

    @property
    def seconds_that_decide(self) -> float | None:
        """The time limit where choices may depend on it, None where there is none or trials are counted."""
        return None if self.counted else self.seconds

    def __post_init__(self) -> None:
        """Check the ranges of numbers; raise `OptionError`."""
        InputLimits.of(self.input_limits)
        _at_least("time limit", self.time_limit, 1, "seconds")
        _at_least("number of trials", self.trials, 1)
        _at_least("number of folds", self.folds, 1)
        _at_least("number of jobs", self.jobs, 1)
        _at_least("seed", self.seed, 0)
        _at_least("latency limit", self.latency_limit, 0.1, "milliseconds")
        known_repairs(self.repair)
        known_parts(self.without)
        if not 0 <= self.test_size < 1:
            raise OptionError(
                f"the test size must be between 0 and 1, but got {self.test_size}; 0.2 is common, 0 is none"
            )
        if self.memory_limit is not None:
            parse_limit(str(self.memory_limit))
        if self.backend not in get_args(Backend):
            raise unknown("backend", self.backend, get_args(Backend))


def _at_least(what: str, value: float | None, least: float, unit: str = "") -> None:
    if value is not None and not value >= least:  # written so that NaN fails too
        raise OptionError(f"the {what} must be at least {least}{unit and ' ' + unit}, but got {value}")


@dataclass(frozen=True)
class FitResult:
    """What a fit reached; scores are in the metric's own unit, `members` are dictionaries ready for JSON.

    `latency` is the median seconds of a single row, warm, measured on the saved model; None where that failed. `size`
    are the bytes of the saved model.
    """

    run: Path
    model: Path
    task: str
    metric: str
    greater_is_better: bool
    best_value: float
    cv_score: float
    test_score: float | None
    seconds: float
    trials: int
    members: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...] = ()
    interrupted: bool = False
    latency: float | None = None
    size: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return asdict(self) | {"run": str(self.run), "model": str(self.model), "members": list(self.members)}
