"""One conditional study over all families, to measure studies of their own against.

The sampler chooses the family as it chooses any parameter, then the family's own parameters, whose names carry the
family's in front. To the search each family still has a study: a view on this one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from automl.plugin.model import Param, Params
from automl.search.study import create_study, trial_state

if TYPE_CHECKING:
    import optuna

NAME, FAMILY = "all families", "family"
_DRAWS = 20  # proposals for families that may not be tried now, before one is taken without being proposed


class SharedStudy:
    """The study itself: it draws families, and hands each one the trial that was drawn for it."""

    def __init__(self, families: Sequence[str], *, storage: Any, sampler: str, seed: int) -> None:
        self.families = list(families)
        self.drawn: dict[str, optuna.Trial] = {}
        self.study = create_study(NAME, storage, sampler, seed)

    def view(self, family: str) -> FamilyView:
        """Return the study as one family sees it."""
        return FamilyView(self, family)

    def draw(self, among: Collection[str]) -> str:
        """Return the family that the sampler proposes next, of those that may be tried."""
        for _ in range(_DRAWS):
            trial = self.ask()
            name = str(trial.params[FAMILY])
            if name in among:
                self.drop(name)
                self.drawn[name] = trial
                return name
            self.study.tell(trial, state=trial_state("FAIL"))
        return min(among)

    def ask(self) -> optuna.Trial:
        """Propose a trial with its family: the one that was enqueued, if any."""
        trial = self.study.ask()
        trial.suggest_categorical(FAMILY, self.families)
        return trial

    def drop(self, name: str) -> None:
        """Give up a trial that was drawn for a family and not taken."""
        trial = self.drawn.pop(name, None)
        if trial is not None:
            self.study.tell(trial, state=trial_state("FAIL"))


class FamilyView:
    """What one family sees of the shared study: the part of an `optuna.Study` that `FamilyStudy` uses."""

    def __init__(self, shared: SharedStudy, name: str) -> None:
        self._shared, self._name = shared, name
        self._enqueued = False

    def enqueue_trial(self, params: Params) -> None:
        """Let the next proposal be this configuration of the family."""
        self._shared.drop(self._name)
        own = {f"{self._name}.{name}": value for name, value in params.items()}
        self._shared.study.enqueue_trial({FAMILY: self._name, **own})
        self._enqueued = True

    def ask(self) -> _FamilyTrial:
        """Propose a configuration of the family: the trial that was drawn for it, where there is one."""
        trial = self._shared.drawn.pop(self._name, None)
        if trial is None:
            if not self._enqueued:
                self._shared.study.enqueue_trial({FAMILY: self._name})
            trial = self._shared.ask()
        self._enqueued = False
        return _FamilyTrial(trial, self._name)

    def tell(self, trial: int | _FamilyTrial, value: float | None = None, *, state: Any = None) -> None:
        """Report a result, or how the trial ended without one."""
        number = trial if isinstance(trial, int) else trial.number
        self._shared.study.tell(number, value, state=state)

    def get_trials(self, *, deepcopy: bool, states: Sequence[Any]) -> list[Any]:
        """Return the trials of all families in these states."""
        return list(self._shared.study.get_trials(deepcopy=deepcopy, states=tuple(states)))


class _FamilyTrial:
    """A trial whose parameters carry the family's name in the study, and not in the family."""

    def __init__(self, trial: optuna.Trial, family: str) -> None:
        self._trial: Any = trial
        self._family = family
        self.number = trial.number

    def report(self, value: float, step: int) -> None:
        self._trial.report(value, step)

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        return float(self._trial.suggest_float(self._own(name), low, high, step=step, log=log))

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        return int(self._trial.suggest_int(self._own(name), low, high, step=step, log=log))

    def suggest_categorical(self, name: str, choices: list[Param]) -> Param:
        choice: Param = self._trial.suggest_categorical(self._own(name), choices)
        return choice

    def _own(self, name: str) -> str:
        return f"{self._family}.{name}"
