"""The systems that can be run side by side, one file each."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence

from benchmarks.systems.automl_cli import AutomlCli
from benchmarks.systems.base import System
from benchmarks.systems.worker import WorkerSystem

SYSTEMS: Mapping[str, Callable[[str], System]] = {
    "automl": lambda python: AutomlCli(),
    "lightgbm": lambda python: WorkerSystem(
        "lightgbm", "benchmarks.systems.lightgbm_default", budgeted=False, python=python
    ),
}
"""By name, from the interpreter of the environment that a system is installed in."""


def chosen(names: Sequence[str], pythons: Mapping[str, str]) -> list[System]:
    """Return the systems of these names, each with its own interpreter where one is given."""
    for name in [*names, *pythons]:
        if name not in SYSTEMS:
            raise SystemExit(f"unknown system '{name}': known are {', '.join(sorted(SYSTEMS))}")
    return [SYSTEMS[name](pythons.get(name, sys.executable)) for name in names]
