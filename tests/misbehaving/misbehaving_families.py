"""A plugin of families each of which does one thing that no family should, whenever it is fitted or predicts."""

from __future__ import annotations

import ctypes
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from automl.plugin import Encoding, Features, Limits, Model, ModelFamily, Part, hookimpl


def hang() -> None:
    """Sleep for ever."""
    while True:
        time.sleep(60)


def spin() -> None:
    """Compute for ever in native code, which holds the interpreter's lock: a regular expression that backtracks."""
    re.fullmatch("(a|aa)+", "a" * 200 + "b")


def leak() -> None:
    """Take a hundred megabytes again and again and give nothing back, up to 100 GB."""
    hoard = []
    for _ in range(1000):
        hoard.append(np.ones(12_500_000))
        time.sleep(0.05)


def segfault() -> None:
    """Read from address zero in native code."""
    ctypes.string_at(0)


def leave() -> None:
    """End the process without a word."""
    os._exit(3)


def complain() -> None:
    """Raise."""
    raise RuntimeError("no such luck")


FITS: dict[str, Callable[[], None]] = {
    "hang": hang,
    "spin": spin,
    "leak": leak,
    "segfault": segfault,
    "leave": leave,
    "complain": complain,
}
PREDICTIONS: dict[str, Callable[[int, int], Any]] = {
    "nan": lambda rows, outputs: np.full((rows, outputs), np.nan),
    "wrong_shape": lambda rows, outputs: np.full((rows, outputs + 3), 1 / (outputs + 3)),
    "unsummed": lambda rows, outputs: np.full((rows, outputs), 0.9),
    "no_array": lambda rows, outputs: "high",
}
DEEDS = (*FITS, *PREDICTIONS)


class MisbehavingModel(Model):
    """Does its deed, and nothing else."""

    def __init__(self, deed: str, n_outputs: int) -> None:
        self.deed, self.n_outputs = deed, n_outputs

    def fit(self, train: Part, score: Part | None, limits: Limits) -> None:
        """Ignore the data and the limits."""
        FITS.get(self.deed, lambda: None)()

    def predict(self, features: Features) -> Any:
        """Return what no ensemble could use."""
        return PREDICTIONS[self.deed](features.n_rows, self.n_outputs)

    def save(self, folder: Path) -> None:
        """Save nothing."""


class Misbehaving(ModelFamily):
    """A family for each deed."""

    def __init__(self, deed: str) -> None:
        self.name = deed  # type: ignore[misc]  # a class for each would say no more

    def portfolio(self, task, profile):
        return [{"zeal": 5}]

    def suggest(self, trial, task, profile):
        return {"zeal": trial.suggest_int("zeal", 1, 10)}

    def encoding(self, params, task) -> Encoding:
        return Encoding()

    def build(self, params, task, seed) -> Model:
        return MisbehavingModel(self.name, task.n_outputs)

    def load(self, folder: Path) -> Model:
        raise NotImplementedError


@hookimpl
def automl_families() -> list[ModelFamily]:
    """Bring them all."""
    return [Misbehaving(deed) for deed in DEEDS]
