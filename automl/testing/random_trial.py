"""A trial that draws parameters at random and remembers the space it was asked for."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from automl.plugin import ModelFamily, Params, Suggest
from automl.testing.sample import SEED, Sample

Range = tuple[Any, ...]


class RandomTrial:
    """Draws parameters uniformly, without a study; `space` holds the range of every name asked for."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self.space: dict[str, Range] = {}

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Draw a float in [low, high]."""
        self._remember(name, ("float", low, high, step, log))
        if step is not None:
            return float(low + step * self._rng.integers(0, round((high - low) / step) + 1))
        if log:
            return float(np.clip(np.exp(self._rng.uniform(np.log(low), np.log(high))), low, high))
        return float(self._rng.uniform(low, high))

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """Draw an integer in [low, high]."""
        self._remember(name, ("int", low, high, step, log))
        if log:
            return int(np.clip(round(np.exp(self._rng.uniform(np.log(low), np.log(high)))), low, high))
        return int(low + step * self._rng.integers(0, (high - low) // step + 1))

    def suggest_categorical(self, name: str, choices: list[Any]) -> Any:
        """Draw one of the choices."""
        self._remember(name, ("categorical", *choices))
        return choices[self._rng.integers(len(choices))]

    def _remember(self, name: str, asked: Range) -> None:
        assert self.space.setdefault(name, asked) == asked, f"suggest asked for '{name}' twice, with two ranges"


def draw(family: ModelFamily, one: Sample, count: int) -> list[tuple[Params, RandomTrial]]:
    """Sample the space of a family `count` times, the same samples every time, each with the trial that was asked."""
    rng = np.random.default_rng(SEED)
    trials = [RandomTrial(rng) for _ in range(count)]
    return [(family.suggest(cast(Suggest, trial), one.task, one.profile), trial) for trial in trials]
