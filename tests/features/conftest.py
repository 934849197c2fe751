"""Small tables, built by hand or drawn at random."""

from __future__ import annotations

import numpy as np
import pytest

from automl.data.dataset import Dataset
from automl.data.schema import Column, Role, Schema
from automl.data.table import Table
from automl.task import Task, TaskKind


def _table(numeric=None, categorical=None, datetime=None, raw=None, levels=None):
    """Build a table from mappings of names to cells; `raw` maps a name to (role, cells)."""
    raw = raw or {}
    blocks = [numeric or {}, categorical or {}, datetime or {}]
    lengths = [len(cells) for block in blocks for cells in block.values()]
    lengths += [len(cells) for _, cells in raw.values()]
    n_rows = lengths[0] if lengths else 0
    kinds = [np.float64, np.int32, np.float64]
    arrays = [
        np.column_stack([np.asarray(c, dtype=kind) for c in block.values()]) if block else np.zeros((n_rows, 0), kind)
        for block, kind in zip(blocks, kinds, strict=True)
    ]
    names = {
        role: tuple(block) for role, block in zip((Role.NUMERIC, Role.CATEGORICAL, Role.DATETIME), blocks, strict=True)
    }
    for name, (role, _) in raw.items():
        names[role] = (*names.get(role, ()), name)
    if levels is None:
        levels = tuple(int(max(np.max(cells), -1)) + 1 for cells in blocks[1].values())
    columns = {name: np.array([*cells, None], dtype=object)[:-1] for name, (_, cells) in raw.items()}
    return Table(n_rows, *arrays, columns, names, levels)


WORDS = [
    "red",
    "green",
    "blue",
    "heavy",
    "light",
    "fast",
    "slow",
    "cheap",
    "dear",
    "old",
    "new",
    "round",
    "flat",
    "sharp",
    "warm",
    "cold",
]


def _mixed(n_rows=120, seed=0):
    """Draw a table with every role, gaps and odd cells, and a binary target that depends on some of it."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n_rows, 3)) * [1, 100, 1e-3]
    city = rng.integers(0, 6, n_rows)
    y = (x[:, 0] + (city == 2) + rng.normal(size=n_rows) * 0.3 > 0.3).astype(np.int64)
    x[rng.random(x.shape) < 0.1] = np.nan
    x[1, 1], x[2, 1] = np.inf, -np.inf
    street = rng.integers(-1, 40, n_rows)
    when = rng.uniform(1.5e9, 1.6e9, (n_rows, 2))
    when[::11, 0] = np.nan
    texts = [None if i % 13 == 0 else " ".join(rng.choice(WORDS, 8)) + "!" for i in range(n_rows)]
    codes = [f"AB-{rng.integers(100)}" for _ in range(n_rows)]
    table = _table(
        numeric={"a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "flag": rng.integers(0, 2, n_rows), "same": np.ones(n_rows)},
        categorical={"city": city, "street": street, "sex": rng.integers(0, 2, n_rows), "one": np.zeros(n_rows)},
        datetime={"start": when[:, 0], "end": when[:, 1]},
        raw={
            "note": (Role.TEXT, texts),
            "code": (Role.TEXT, codes),
            "photo": (Role.IMAGE, ["p.png"] * n_rows),
        },
        levels=(6, 50, 2, 3),
    )
    return table, y


@pytest.fixture(scope="session")
def make_table():
    return _table


@pytest.fixture(scope="session")
def mixed():
    return _mixed


@pytest.fixture(scope="session")
def binary():
    return Task(TaskKind.BINARY, "y", ("no", "yes"), "roc_auc")


@pytest.fixture(scope="session")
def regression():
    return Task(TaskKind.REGRESSION, "y", (), "rmse")


@pytest.fixture(scope="session")
def mixed_dataset(binary):
    """A dataset over the mixed table, with the schema that fits it."""
    table, y = _mixed(160)
    columns = [Column(name, role) for role, of_role in table.names.items() for name in of_role]
    boolean = {"flag"}
    columns = [Column(c.name, Role.BOOLEAN) if c.name in boolean else c for c in columns]
    return Dataset(table, y, Schema(tuple(columns)), binary)
