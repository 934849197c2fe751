"""The systems that can be run side by side, one file each."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.environments import python_of
from benchmarks.systems.automl_cli import AutomlCli
from benchmarks.systems.base import System
from benchmarks.systems.worker import WorkerSystem

ENGINE = "automl"


class Peer:
    """A system that lives in an environment: its module, and whether it heeds a budget."""

    def __init__(self, module: str, environment: str | None = None, *, budgeted: bool = True) -> None:
        self.module = f"benchmarks.systems.{module}"
        self.environment = environment
        self.budgeted = budgeted


PEERS: Mapping[str, Peer] = {
    "lightgbm": Peer("lightgbm_default", budgeted=False),
    "pixels": Peer("pixels", budgeted=False),
    "catboost": Peer("catboost_default", "catboost", budgeted=False),
    "autogluon": Peer("autogluon", "autogluon"),
    "autogluon_good": Peer("autogluon_good", "autogluon"),
    "flaml": Peer("flaml", "flaml"),
    "mljar": Peer("mljar", "mljar"),
}
"""By name; without an environment of its own a system runs in this one."""


def chosen(
    names: Sequence[str],
    pythons: Mapping[str, str] | None = None,
    variants: Mapping[str, str] | None = None,
    environments: Path | None = None,
) -> list[System]:
    """Return the systems of these names.

    `pythons` gives the interpreter of a system; otherwise it is looked up in `environments`. `variants` are engines
    with further options of `automl fit`, as a shell would read them.
    """
    pythons, variants = pythons or {}, variants or {}
    known = {ENGINE, *PEERS, *variants}
    for name in [*names, *pythons]:
        if name not in known:
            raise SystemExit(f"unknown system '{name}': known are {', '.join(sorted(known))}")
    return [_system(name, pythons, variants, environments) for name in names]


def _system(name: str, pythons: Mapping[str, str], variants: Mapping[str, str], environments: Path | None) -> System:
    if name == ENGINE or name in variants:
        python = pythons.get(name, pythons.get(ENGINE, sys.executable))
        return AutomlCli(python, name, shlex.split(variants.get(name, "")))
    peer = PEERS[name]
    python = pythons.get(name) or python_of(peer.environment, environments)
    return WorkerSystem(name, peer.module, budgeted=peer.budgeted, python=python)
