"""The one split of a table: 80% to learn from, 20% to be judged on.

Tables are handled as text throughout, so that every cell reaches the systems as it stands in the source.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

_OFFICIAL = "split"  # a column that says train or test, where a table comes with a split of its own


@dataclass(frozen=True)
class Entry:
    """A table of the suite; `path` is absolute."""

    name: str
    path: Path
    target: str
    task: str
    metric: str
    modality: str
    rows: int


@dataclass(frozen=True)
class Split:
    """Three files: `train` and `test` with the target, `features` the test rows without it."""

    train: Path
    test: Path
    features: Path


def load_suite(path: Path) -> list[Entry]:
    """Read the suite; paths in it are relative to its folder."""
    fields = ("name", "target", "task", "metric", "modality", "rows")
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [Entry(path=(path.parent / row["path"]).resolve(), **{key: row[key] for key in fields}) for row in rows]


def write_split(entry: Entry, seed: int, folder: Path) -> Split:
    """Split a table and write the parts; rows without a target are left out."""
    table = pd.read_csv(entry.path, dtype=str, keep_default_na=False)
    table = table[table[entry.target] != ""].reset_index(drop=True)
    if entry.modality == "image":
        table = _with_absolute_paths(table, entry.path.parent)
    in_test = _test_rows(table, entry, seed)
    table = table.drop(columns=_OFFICIAL) if _is_official(table) else table
    split = Split(folder / "train.csv", folder / "test.csv", folder / "features.csv")
    test = table[in_test]
    table[~in_test].to_csv(split.train, index=False, lineterminator="\n")
    test.to_csv(split.test, index=False, lineterminator="\n")
    test.drop(columns=entry.target).to_csv(split.features, index=False, lineterminator="\n")
    return split


def strata(labels: NDArray[np.str_]) -> NDArray[np.str_]:
    """Return labels for a stratified split: a label of one row joins the most frequent one."""
    names, counts = np.unique(labels, return_counts=True)
    lonely = np.isin(labels, names[counts < 2])
    return np.where(lonely, names[counts.argmax()], labels)


def _test_rows(table: pd.DataFrame, entry: Entry, seed: int) -> NDArray[np.bool_]:
    if _is_official(table):
        return np.asarray(table[_OFFICIAL] == "test")
    labels = None if entry.task == "regression" else strata(table[entry.target].to_numpy(dtype=str))
    rows = np.arange(len(table))
    _, test = train_test_split(rows, test_size=0.2, random_state=seed, stratify=labels)
    in_test = np.zeros(len(table), dtype=bool)
    in_test[test] = True
    return in_test


def _is_official(table: pd.DataFrame) -> bool:
    return _OFFICIAL in table.columns and set(table[_OFFICIAL].unique()) == {"train", "test"}


def _with_absolute_paths(table: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Make paths absolute, since the parts are written elsewhere."""
    paths = [name for name in table.columns if table[name].iloc[0] and (folder / table[name].iloc[0]).is_file()]
    return table.assign(**{name: [str(folder / cell) if cell else "" for cell in table[name]] for name in paths})
