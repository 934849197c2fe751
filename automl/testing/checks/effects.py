"""What a fit and a prediction leave behind, which must be nothing."""

from __future__ import annotations

import contextlib
import copy
import gc
import io
import locale
import logging
import os
import random
import signal
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from automl.plugin import Limits, ModelFamily, Part
from automl.testing import expect
from automl.testing.fits import contrasting, default, fit, fitted, hardest, parts, samples
from automl.testing.randomness import other_random_state
from automl.testing.sample import SEED, own


def check_inputs_unchanged(family: ModelFamily) -> None:
    """Neither fit nor predict writes into the arrays it is given: they are shared between trials."""
    for one in samples(family):
        train, score = (_read_only(part) for part in parts(family, one))
        before = [_bytes(part) for part in (train, score)]
        fit(family, one, train, score).predict(score.features)
        assert before == [_bytes(part) for part in (train, score)], f"{family.name}: the inputs were written to"


def check_global_state(family: ModelFamily) -> None:
    """Fit and predict leave random generators, warning filters, the environment and the like as they were."""
    for one in contrasting(family):
        found = fitted(family, one)  # what a library sets up at its first import is not the family's doing
        with other_random_state():
            before = _state()
            fit(family, one, found.train, found.score).predict(found.score.features)
            after = _state()
        changed = [what for what in before if before[what] != after.get(what)]
        assert not changed, f"{family.name}: fit or predict changed {', '.join(changed)}"


def check_silence(family: ModelFamily) -> None:
    """Fit and predict print nothing, not even from compiled code: the terminal belongs to the engine."""
    for one in contrasting(family):
        found = fitted(family, one)
        with _captured() as printed:
            fit(family, one, found.train, found.score).predict(found.score.features)
        assert not printed, f"{family.name}: fit or predict printed {printed[0][:200]!r}"


def check_writes_no_files(family: ModelFamily) -> None:
    """Fit and predict leave no files in the working directory or where temporary files go."""
    for one in contrasting(family):
        found = fitted(family, one)
        with tempfile.TemporaryDirectory() as folder, _home_at(folder):
            fit(family, one, found.train, found.score).predict(found.score.features)
            left = sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*"))
        assert not left, f"{family.name}: fit or predict left behind {', '.join(left)}"


def check_stateless(family: ModelFamily) -> None:
    """One instance serves many models at once: building and fitting one changes neither another nor the family."""
    one = hardest(family)
    found = fitted(family, one)
    first = family.build(default(family, one), one.task, SEED)
    before = copy.copy(vars(family))
    other = dict(family.portfolio(one.task, one.profile)[-1])
    second = family.build(other, one.task, SEED + 1)
    first.fit(found.train, found.score, Limits())
    second.fit(*one.parts(family.encoding(other, one.task)), Limits())
    expect.same(family, found.prediction, first.predict(found.score.features), "another model of the family")
    assert vars(family) == before, f"{family.name}: a family keeps no state, but {vars(family)} was {before}"


def _read_only(part: Part) -> Part:
    """Copy a part into arrays that raise when written to, unless they are told otherwise."""
    features = own(part.features)
    copied = Part(features, part.y.copy(), np.ones(len(part.y)))
    for array in (features.matrix, copied.y, copied.weights):
        assert array is not None
        array.flags.writeable = False
    return copied


def _bytes(part: Part) -> tuple[bytes, ...]:
    weights = b"" if part.weights is None else part.weights.tobytes()
    raw = repr({name: list(cells) for name, cells in part.features.raw.items()}).encode()
    return part.features.matrix.tobytes(), part.y.tobytes(), weights, raw


def _state() -> dict[str, Any]:
    """What a process shares, by name."""
    state: dict[str, Any] = {
        "the random generator of random": random.getstate(),
        "the global random generator of NumPy": _comparable(np.random.get_state()),
        "the floating point errors of NumPy": np.geterr(),
        "the warning filters": list(warnings.filters),
        "environment variables": dict(os.environ),
        "the working directory": os.getcwd(),
        "sys.path": list(sys.path),
        "the handler of interrupts": signal.getsignal(signal.SIGINT),
        "the level or handlers of the root logger": (logging.root.level, list(logging.root.handlers)),
        "the locale": locale.setlocale(locale.LC_ALL),
        "garbage collection": gc.isenabled(),
    }
    torch: Any = sys.modules.get("torch")
    if torch is not None:
        state |= {
            "the global random generator of torch": torch.random.get_rng_state().numpy().tobytes(),
            "the threads of torch": torch.get_num_threads(),
            "the default dtype of torch": torch.get_default_dtype(),
            "whether torch keeps gradients": torch.is_grad_enabled(),
            "whether torch is deterministic": torch.are_deterministic_algorithms_enabled(),
        }
    return state


def _comparable(state: Any) -> tuple[Any, ...]:
    return tuple(item.tobytes() if isinstance(item, np.ndarray) else item for item in state)


@contextlib.contextmanager
def _captured() -> Iterator[list[str]]:
    """Catch what is printed to the streams of Python and to the descriptors below; the list is filled at the end."""
    printed: list[str] = []
    text = io.StringIO()
    with tempfile.TemporaryFile() as file, contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
        kept = {descriptor: os.dup(descriptor) for descriptor in (1, 2)}
        for descriptor in kept:
            os.dup2(file.fileno(), descriptor)
        try:
            yield printed
        finally:
            for descriptor, copied in kept.items():
                os.dup2(copied, descriptor)
                os.close(copied)
            file.seek(0)
            everything = text.getvalue() + file.read().decode(errors="replace")
            printed.extend([everything] if everything else [])


@contextlib.contextmanager
def _home_at(folder: str) -> Iterator[None]:
    """Work in this folder, temporary files included."""
    before = tempfile.tempdir
    tempfile.tempdir = folder
    try:
        with contextlib.chdir(folder):
            yield
    finally:
        tempfile.tempdir = before
