"""One Optuna study a family: what to try next in its space, and what came of it."""

from __future__ import annotations

import itertools
import json
import math
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl.data.dataset import Profile
from automl.errors import OptionError, unknown
from automl.plugin.family import ModelFamily
from automl.plugin.model import Param, Params
from automl.search.records import TrialRecord
from automl.task import Task

if TYPE_CHECKING:
    import optuna

    from automl.search.shared import SharedStudy

SAMPLERS = ("tpe", "random", "grid", "gp")
GRID_POINTS = 3  # values of each numeric parameter on a grid
GRID_LIMIT = 10_000  # a grid larger than this is a mistake


@dataclass(frozen=True)
class Asked:
    """A proposal of the study that waits for its result."""

    trial: optuna.Trial
    params: Params


def open_storage(path: Path) -> Any:
    """Open the run's Optuna storage at `path`, one journal file that optuna-dashboard reads too.

    Optuna forces each line onto the disk, two dozen a trial, for which the workers would wait. What must survive a loss
    of power is in the run's own journal; what is written here survives the end of the process. Optuna's lock against
    other writers is left out too: the run folder belongs to one process.
    """
    import optuna
    from optuna.storages.journal import JournalFileBackend

    class Lines(JournalFileBackend):
        def append_logs(self, logs: list[dict[str, Any]]) -> None:
            lines = "".join(json.dumps(log, separators=(",", ":")) + "\n" for log in logs)
            with path.open("ab") as file:
                file.write(lines.encode())

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna.storages.JournalStorage(Lines(str(path)))


class FamilyStudy:
    """Ask and tell for one family: portfolio entries first, in order, then the sampler's proposals.

    `sampler` is one of `SAMPLERS`; another raises `OptionError`, as does `grid` over more than `GRID_LIMIT` points.
    `entries` bounds how much of the portfolio is tried, None for all of it. With `shared`, the sampler is that study's.
    """

    def __init__(
        self,
        family: ModelFamily,
        task: Task,
        profile: Profile,
        *,
        storage: Any,
        sampler: str,
        seed: int,
        entries: int | None = None,
        shared: SharedStudy | None = None,
    ) -> None:
        self.family = family
        self._task, self._profile = task, profile
        self.portfolio = list(family.portfolio(task, profile))[:entries]
        space = _space(family, task, profile)
        name = family.name
        self._study: Any = shared.view(name) if shared is not None else create_study(name, storage, sampler, seed)
        self._left = list(self.portfolio)
        self._grid = list(_grid(space)) if sampler == "grid" else None
        self._seen: set[tuple[tuple[str, Param], ...]] = set()
        self._constant = not space

    @property
    def next_entry(self) -> Params | None:
        """The next strong configuration, None when the sampler is to propose."""
        return self._left[0] if self._left else None

    @property
    def default(self) -> Params:
        """The first strong configuration, empty where a family has none."""
        return self.portfolio[0] if self.portfolio else {}

    def is_entry(self, params: Params) -> bool:
        """Whether a configuration is one of the portfolio."""
        return any(dict(entry) == dict(params) for entry in self.portfolio)

    def restore(self, records: Iterable[TrialRecord]) -> None:
        """Take note of what an earlier process tried; Optuna's storage has the results, but for what was running."""
        tried = [dict(record.params) for record in records]
        self._seen.update(tuple(sorted(params.items())) for params in tried)
        self._left = [entry for entry in self._left if dict(entry) not in tried]
        for trial in self._study.get_trials(deepcopy=False, states=[trial_state("RUNNING"), trial_state("WAITING")]):
            self._study.tell(trial.number, state=trial_state("FAIL"))

    def ask(self) -> Asked | None:
        """Propose a configuration that was not tried yet; None when the space seems exhausted."""
        for _ in range(5):
            if self._left:
                self._study.enqueue_trial(dict(self._left.pop(0)))
            elif self._grid is not None:
                fresh = next((p for p in self._grid if tuple(sorted(p.items())) not in self._seen), None)
                if fresh is None:
                    return None
                self._study.enqueue_trial(dict(fresh))
            elif self._constant and self._seen:
                return None
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                trial = self._study.ask()
                params = dict(self.family.suggest(trial, self._task, self._profile))
            key = tuple(sorted(params.items()))
            if key not in self._seen:
                self._seen.add(key)
                return Asked(trial, params)
            self._study.tell(trial, state=trial_state("FAIL"))  # a repeat teaches nothing
        return None

    def tell(self, asked: Asked, record: TrialRecord, penalty: float | None) -> None:
        """Report a result; a stopped trial is pruned at its fold errors.

        A failed one counts as an error of `penalty`, since a failure without a value is invisible to TPE; None leaves
        it without.
        """
        for step, error in enumerate(record.fold_errors):
            asked.trial.report(error, step)
        if record.state == "complete" and record.error is not None:
            self._study.tell(asked.trial, record.error)
        elif record.state == "stopped":
            self._study.tell(asked.trial, state=trial_state("PRUNED"))
        elif penalty is not None:
            self._study.tell(asked.trial, penalty)
        else:
            self._study.tell(asked.trial, state=trial_state("FAIL"))


def trial_state(name: str) -> Any:
    """Return one of Optuna's `TrialState`s; Optuna takes long to import."""
    import optuna

    return optuna.trial.TrialState[name]


class _Recorder:
    """Records a search space while `suggest` walks it, answering each question with the low end."""

    def __init__(self) -> None:
        self.grid: dict[str, list[Param]] = {}

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        ratio = [index / (GRID_POINTS - 1) for index in range(GRID_POINTS)]
        if log:
            self.grid[name] = [low * (high / low) ** share for share in ratio]
        else:
            self.grid[name] = [low + (high - low) * share for share in ratio]
        return low

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        middle = round((low * high) ** 0.5) if log else (low + high) // 2
        middle = low + (middle - low) // step * step
        self.grid[name] = [*sorted({low, middle, low + (high - low) // step * step})]
        return low

    def suggest_categorical(self, name: str, choices: list[Param]) -> Param:
        self.grid[name] = list(choices)
        return choices[0]


def _space(family: ModelFamily, task: Task, profile: Profile) -> Mapping[str, list[Param]]:
    recorder = _Recorder()
    family.suggest(recorder, task, profile)
    return recorder.grid


def _grid(space: Mapping[str, list[Param]]) -> Iterator[Params]:
    """Yield every point of a grid; Optuna's own sampler stops the study at its end, which ask and tell cannot bear."""
    size = math.prod(len(values) for values in space.values())
    if size > GRID_LIMIT:
        raise OptionError(
            f"sampler grid: {size} points are more than {GRID_LIMIT}: choose tpe, or families with small spaces"
        )
    for values in itertools.product(*space.values()):
        yield dict(zip(space, values, strict=True))


def create_study(name: str, storage: Any, sampler: str, seed: int) -> optuna.Study:
    """Make a study in the run's storage, or go on with the one of this name."""
    import optuna

    return optuna.create_study(
        study_name=name,
        storage=storage,
        sampler=_sampler(sampler, seed),
        pruner=optuna.pruners.NopPruner(),  # stopping is decided where the folds are fitted
        load_if_exists=True,
    )


def _sampler(name: str, seed: int) -> Any:
    import optuna

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        match name:
            case "tpe":
                # Proposals that still run count as bad, so that parallel workers spread out.
                return optuna.samplers.TPESampler(seed=seed, multivariate=True, constant_liar=True)
            case "random":
                return optuna.samplers.RandomSampler(seed=seed)
            case "gp":
                return optuna.samplers.GPSampler(seed=seed)
            case "grid":
                return optuna.samplers.RandomSampler(seed=seed)  # every point is enqueued, so it is never asked
    raise unknown("sampler", name, SAMPLERS)
