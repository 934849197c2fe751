"""Small synthetic tables that a family is checked on, and what the engine would make of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.data.schema import Role
from automl.data.table import MISSING, Table
from automl.features.encoder import Encoder
from automl.features.encoding import Encoding, Features
from automl.features.fitting import fit_transform
from automl.plugin import Part, Profile, Task, TaskKind

SEED = 7
MATRIX = frozenset({Role.NUMERIC, Role.CATEGORICAL})
RAW = (Role.TEXT, Role.SEQUENCE)
ROWS = 160
_LABELS = {TaskKind.BINARY: ("no", "yes"), TaskKind.MULTICLASS: ("a", "b", "c"), TaskKind.REGRESSION: ()}
_WORDS = (("gloomy", "rain", "broken", "late"), ("sunny", "bright", "quick", "kind"))
_FILLER = ("the", "a", "table", "of", "and", "one")


@dataclass(frozen=True, eq=False)
class Sample:
    """A table with a target that its first columns tell, split into rows to learn from and rows to score.

    The first rows have one label each, in the order of the task's labels, and all of them are training rows.
    """

    task: Task
    table: Table
    y: NDArray[Any]
    profile: Profile

    @property
    def train_rows(self) -> NDArray[np.int64]:
        """Three rows of every four."""
        return np.flatnonzero(np.arange(len(self.y)) % 4 != 3)

    @property
    def score_rows(self) -> NDArray[np.int64]:
        """The others."""
        return np.flatnonzero(np.arange(len(self.y)) % 4 == 3)

    def parts(self, encoding: Encoding, train: NDArray[np.int64] | None = None) -> tuple[Part, Part]:
        """Encode the training rows (these, or the usual ones) and the score rows, in arrays of the caller's own."""
        rows = self.train_rows if train is None else train
        if train is None:
            encoder, features = _encoded(self, encoding)
        else:
            encoder, features = fit_transform(encoding, self.table.take(rows), self.y[rows], self.task, None, SEED)
        score = encoder.transform(self.table.take(self.score_rows))
        return Part(own(features), self.y[rows]), Part(score, self.y[self.score_rows])

    def features(self, encoding: Encoding, table: Table) -> Features:
        """Encode the rows of another table with the same columns, by what the usual training rows taught."""
        return _encoded(self, encoding)[0].transform(table)


@lru_cache(maxsize=256)
def _encoded(one: Sample, encoding: Encoding) -> tuple[Encoder, Features]:
    rows = one.train_rows
    return fit_transform(encoding, one.table.take(rows), one.y[rows], one.task, None, SEED)


def own(features: Features, rows: NDArray[Any] | Sequence[int] | None = None) -> Features:
    """Copy features, or these rows of them."""
    picked = np.arange(features.n_rows) if rows is None else np.asarray(rows, dtype=np.int64)
    raw = {name: cells[picked] for name, cells in features.raw.items()}
    return replace(features, matrix=np.ascontiguousarray(features.matrix[picked]), raw=raw)


@cache
def sample(kind: TaskKind, inputs: frozenset[Role] = MATRIX, beside: Role | None = None) -> Sample:
    """Return the usual sample of a task: 160 rows of the columns that a family with these inputs can learn from.

    Three numbers and two categories, both with a few gaps, and a column of texts or of sequences where `beside` says
    so; or such a column alone where the inputs hold neither numbers nor categories.
    """
    return make(kind, inputs, beside=beside)


def make(
    kind: TaskKind,
    inputs: frozenset[Role] = MATRIX,
    n_rows: int = ROWS,
    numbers: int = 3,
    noise: float = 0.3,
    beside: Role | None = None,
) -> Sample:
    """Make a sample of any size; the standard deviation of the signal, to which `noise` is added, is about 2.3."""
    rng = np.random.default_rng(SEED)
    numeric = rng.normal(size=(n_rows, numbers))
    categorical = rng.integers(0, 4, size=(n_rows, 2)).astype(np.int32)
    signal = 2 * numeric[:, 0] - numeric[:, 1] + (categorical[:, 0] == 2)
    y = _target(kind, signal + noise * rng.normal(size=n_rows))
    order = _one_of_each_first(y, _LABELS[kind])
    numeric, categorical, signal, y = numeric[order], categorical[order], signal[order], y[order]
    numeric[::11, 2] = np.nan
    categorical[::13, 1] = MISSING
    columns = _columns(inputs, numbers, beside)
    raw = _raw(columns, signal, rng)
    if Role.NUMERIC not in columns:
        numeric = np.empty((n_rows, 0))
    if Role.CATEGORICAL not in columns:
        categorical = np.empty((n_rows, 0), np.int32)
    levels = (4,) * categorical.shape[1]
    table = Table(n_rows, numeric, categorical, np.empty((n_rows, 0)), raw, columns, levels)
    task = Task(kind, "y", _LABELS[kind])
    return Sample(task, table, y, profile_of(task, table, y))


def profile_of(task: Task, table: Table, y: NDArray[Any]) -> Profile:
    """Describe a table as the engine would."""
    return Profile(
        n_rows=len(y),
        n_outputs=task.n_outputs,
        columns=tuple((role, len(names)) for role, names in table.names.items()),
        max_levels=max(table.levels, default=0),
        rarest=int(np.bincount(y, minlength=task.n_outputs).min()) if task.is_classification else len(y),
        missing=0.03,
    )


def _target(kind: TaskKind, signal: NDArray[np.float64]) -> NDArray[Any]:
    labels = _LABELS[kind]
    if not labels:
        return signal * 50 + 1000
    edges = np.quantile(signal, np.linspace(0, 1, len(labels) + 1)[1:-1])
    return np.searchsorted(edges, signal).astype(np.int64)


def _one_of_each_first(y: NDArray[Any], labels: tuple[str, ...]) -> NDArray[np.int64]:
    first = [int(np.flatnonzero(y == label)[0]) for label in range(len(labels))]
    return np.array(first + [row for row in range(len(y)) if row not in first], dtype=np.int64)


def _columns(inputs: frozenset[Role], numbers: int, beside: Role | None) -> dict[Role, tuple[str, ...]]:
    """Name the columns by role: those of a matrix where the inputs have any, else one of the first other role."""
    columns: dict[Role, tuple[str, ...]] = {}
    if Role.NUMERIC in inputs:
        columns[Role.NUMERIC] = tuple(f"x{i}" for i in range(numbers))
    if Role.CATEGORICAL in inputs:
        columns[Role.CATEGORICAL] = ("c0", "c1")
    if not columns:
        columns = {role: (role.value,) for role in RAW if role in inputs}
    elif beside is not None:
        columns[beside] = (beside.value,)
    return columns


def _raw(
    columns: Mapping[Role, tuple[str, ...]], signal: NDArray[np.float64], rng: np.random.Generator
) -> dict[str, NDArray[np.object_]]:
    raw = {}
    if Role.TEXT in columns:
        raw[Role.TEXT.value] = _cells([_text(value, rng) for value in signal])
    if Role.SEQUENCE in columns:
        raw[Role.SEQUENCE.value] = _cells([_sequence(value, rng) for value in signal])
    return raw


def _cells(values: list[Any]) -> NDArray[np.object_]:
    cells = np.empty(len(values), dtype=object)
    cells[:] = values
    return cells


def _text(value: float, rng: np.random.Generator) -> str:
    """Twelve words, the more of the happy ones the higher the value."""
    happy = rng.random(12) < 1 / (1 + np.exp(-value))
    return " ".join(str(rng.choice(_FILLER if rng.random() < 0.3 else _WORDS[int(one)])) for one in happy)


def _sequence(value: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """A noisy wave of 24 to 32 steps that rises with the value."""
    steps = np.arange(int(rng.integers(24, 33)))
    return (np.sin(steps / 3) + value * steps / 16 + 0.2 * rng.normal(size=len(steps))).astype(np.float32)
