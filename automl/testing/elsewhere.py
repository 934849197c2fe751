"""Another process, as the engine's workers are, in which a saved or pickled model must work too."""

from __future__ import annotations

import atexit
import contextlib
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any

from automl.plugin import ModelFamily
from automl.search.workers import CallError, WorkerPool

_SECONDS = 120.0


def elsewhere(family: ModelFamily, function: Callable[..., Any], *args: Any) -> Any:
    """Call a function in another process and return what it returns; `AssertionError` where it cannot be.

    One process serves all calls. A family typed into a notebook travels with its code, others by the name of their
    module, as in a run.
    """
    import cloudpickle

    module = sys.modules[type(family).__module__]
    alone = not importable(module.__name__)
    if alone:
        cloudpickle.register_pickle_by_value(module)
    try:
        payload = cloudpickle.dumps((function, (family, *args)))
    except Exception as error:  # a foreign class may refuse to be pickled in any way
        raise AssertionError(f"{family.name}: cannot be sent to another process: {error}") from error
    finally:
        if alone:
            cloudpickle.unregister_pickle_by_value(module)
    try:
        return _pool().submit(_answer, list(sys.path), os.getcwd(), payload).result(timeout=_SECONDS)
    except CallError as error:
        raise AssertionError(f"{family.name}: in another process: {error}\n{error.detail}") from error


def importable(module: str) -> bool:
    """Whether another process could import a module by its name."""
    try:
        return module != "__main__" and find_spec(module) is not None
    except (ImportError, ValueError):  # a module without a specification was made by hand
        return False


@cache
def loaded_by(module: str) -> frozenset[str]:
    """Import a module in a fresh process and return the names of all modules that came with it."""
    code = f"import sys, automl.plugin\nbefore = set(sys.modules)\nimport {module}\nprint(*set(sys.modules) - before)"
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    done = subprocess.run(
        [sys.executable, "-P", "-W", "ignore", "-c", code],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{module} cannot be imported in a fresh process: {done.stderr.strip()}"
    return frozenset(done.stdout.split())


def _answer(path: list[str], folder: str, payload: bytes) -> Any:
    """Run in the other process, on this process's path and in its working folder."""
    sys.path.extend(entry for entry in path if entry not in sys.path)
    function, args = pickle.loads(payload)
    with contextlib.chdir(folder):
        return function(*args)


@cache
def _pool() -> WorkerPool:
    pool = WorkerPool(1)
    atexit.register(pool.shutdown, wait=True, cancel_futures=True)
    return pool
