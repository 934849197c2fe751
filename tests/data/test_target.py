from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from automl.data.read import read_table
from automl.data.target import encode_target, infer_task, present_target
from automl.errors import DataError
from automl.task import TaskKind


def target(cells: list[object], dtype: object = None) -> pd.Series:
    return pd.Series(cells, name="y", dtype=dtype)


@pytest.mark.parametrize(
    ("cells", "kind", "labels"),
    [
        ([0, 1] * 10, "binary", (0, 1)),
        ([0.0, 1.0, np.nan] * 10, "binary", (0, 1)),
        ([0.5, 1.5] * 10, "binary", (0.5, 1.5)),
        ([True, False] * 10, "binary", (False, True)),
        (["b", "a ", "a"] * 10, "binary", ("a", "b")),
        (["None", "Mild", "Severe"] * 10, "multiclass", ("Mild", "None", "Severe")),
        ([3, 1, 2] * 20, "multiclass", (1, 2, 3)),
        (["3", "1", "2"] * 20, "multiclass", ("1", "2", "3")),
        (list(range(28)) * 100, "regression", ()),
        (list(range(15)) * 4, "regression", ()),
        ([1.0, 1.5, 2.0] * 50, "regression", ()),
        (["1,5", "2,5", "3,7"] * 50, "regression", ()),
    ],
)
def test_kinds_are_decided(cells: list[object], kind: str, labels: tuple[object, ...]) -> None:
    task = infer_task(target(cells))
    assert (task.kind, task.labels) == (kind, labels)
    assert [type(a) for a in task.labels] == [type(a) for a in labels]
    assert task.reason
    assert task.target == "y"


def test_a_user_overrules() -> None:
    assert infer_task(target([1, 2, 3] * 20), TaskKind.REGRESSION).kind is TaskKind.REGRESSION
    assert infer_task(target([1, 2, 3] * 20), "classification").kind is TaskKind.MULTICLASS
    assert infer_task(target([1, 2] * 20), "classification").kind is TaskKind.BINARY
    assert infer_task(target([1, 2] * 20), TaskKind.MULTICLASS).kind is TaskKind.BINARY
    assert len(infer_task(target(list(range(28)) * 3), "classification").labels) == 28


@pytest.mark.parametrize(
    ("cells", "kind", "words"),
    [
        ([None] * 9, None, "0 of 9"),
        ([1, 2, 3], None, "at least 5 rows"),
        (["a"] * 9, None, "every row has the value 'a'"),
        (["a", "1"] * 9, TaskKind.REGRESSION, "there is 'a'"),
        ([True, False] * 9, TaskKind.REGRESSION, "needs numbers"),
        ([1, 2, 3] * 9, TaskKind.BINARY, "there are 3"),
        ([f"row {i}" for i in range(90)], None, "classes must repeat"),
        ([i + 0.5 for i in range(90)], "classification", "classes must repeat"),
        ([[1], [2], [3], [4], [5]], None, "these are lists"),
    ],
)
def test_what_cannot_be_learned(cells: list[object], kind: TaskKind | None, words: str) -> None:
    with pytest.raises(DataError, match=words):
        infer_task(target(cells), kind)


def test_labels_match_by_spelling() -> None:
    task = infer_task(target([1, 2, 3] * 20))
    for cells in ([1, 3], ["1", "3"], [1.0, 3.0], ["1.0", " 3"]):
        assert encode_target(target(cells), task).tolist() == [0, 2]


def test_encoding_refuses_what_it_does_not_know() -> None:
    task = infer_task(target(["a", "b"] * 5))
    with pytest.raises(DataError, match=r"unknown label\(s\) 'c'.*knows a, b"):
        encode_target(target(["a", "c"]), task)
    with pytest.raises(DataError, match=r"1 row\(s\) have no value"):
        encode_target(target(["a", None]), task)
    task = infer_task(target([1.5, 2.5, 3.5] * 5))
    assert encode_target(target(["1.5", "2"]), task).tolist() == [1.5, 2]
    for bad in ("x", np.inf):
        with pytest.raises(DataError, match="no finite number"):
            encode_target(target([1.5, bad], object), task)


def test_present_rows() -> None:
    assert present_target(target(["a", None, "?", "None"])).tolist() == [True, False, False, True]


def test_tasks_of_all_real_tables(shared: Path) -> None:
    for entry in json.loads((shared / "suite.json").read_text()):
        cells = read_table(shared / entry["path"])[entry["target"]]
        assert infer_task(cells).kind == entry["task"], entry["name"]
