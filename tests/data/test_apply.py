from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from automl.data.apply import extra_columns, to_table
from automl.data.infer import Wishes, infer_schema
from automl.data.read import read_table
from automl.data.schema import Role, Schema
from automl.data.table import MISSING, UNSEEN, Table
from automl.errors import DataError
from automl.storage import load, save

TRAIN = pd.DataFrame(
    {
        "n": ["1,5", "2,25", "3,75", "4,5"],
        "c": [3, 1, 1, 2],
        "b": ["no", "yes", "no", "yes"],
        "d": ["31/12/2019", "01/02/2020", "05/02/2020", "06/02/2020"],
        "t": ["one text", "another text", None, "more"],
        "s": ["1 2 3 4", "5 6 7 8", "9 1 2 3", "4 5 6 7"],
    }
)
SCHEMA = infer_schema(TRAIN, Wishes(roles={"c": Role.CATEGORICAL, "t": Role.TEXT}))


def same(a: Table, b: Table) -> None:
    for block in ("numeric", "categorical", "datetime"):
        np.testing.assert_array_equal(getattr(a, block), getattr(b, block))
    for name in a.raw:
        for x, y in zip(a.raw[name], b.raw[name], strict=True):
            np.testing.assert_array_equal(x, y)


def test_every_role_finds_its_block() -> None:
    table = to_table(TRAIN, SCHEMA)
    np.testing.assert_array_equal(table.numeric, [[1.5, 0], [2.25, 1], [3.75, 0], [4.5, 1]])
    np.testing.assert_array_equal(table.categorical[:, 0], [2, 0, 0, 1])
    assert np.diff(table.datetime[:2, 0]) == 32 * 86400
    assert table.raw["t"].tolist() == ["one text", "another text", None, "more"]
    assert table.raw["s"][0].tolist() == [1, 2, 3, 4]
    assert table.names[Role.NUMERIC] == ("n", "b")
    assert table.levels == (3,)


def test_other_spellings_and_orders_mean_the_same() -> None:
    other = TRAIN[TRAIN.columns[::-1]].assign(c=["3.0", "1", 1.0, 2], b=[False, "YES", 0, "true"], extra=0)
    before = other.copy(deep=True)
    same(to_table(other, SCHEMA), to_table(TRAIN, SCHEMA))
    pd.testing.assert_frame_equal(other, before)
    assert extra_columns(other, SCHEMA) == ("extra",)


def test_unreadable_cells_are_missing_and_new_levels_unseen() -> None:
    bad = pd.DataFrame({name: ["!"] for name in TRAIN})
    table = to_table(bad, SCHEMA)
    assert np.isnan(table.numeric).all()
    assert np.isnan(table.datetime).all()
    assert table.categorical[0, 0] == UNSEEN
    assert table.raw["s"][0] is None
    gone = to_table(pd.DataFrame({name: [None] for name in TRAIN}), SCHEMA)
    assert gone.categorical[0, 0] == MISSING
    assert gone.raw["t"][0] is None


def test_absent_columns_are_all_named() -> None:
    with pytest.raises(DataError, match=r"lacks 2 column\(s\).*'n', 'd'"):
        to_table(TRAIN.drop(columns=["n", "d"]), SCHEMA)


def test_no_rows_make_an_empty_table() -> None:
    table = to_table(TRAIN.iloc[:0], SCHEMA)
    assert table.n_rows == 0
    assert table.numeric.shape == (0, 2)


def test_names_that_are_numbers() -> None:
    frame = pd.DataFrame({0: [1.5, 2.5], 1: ["a", "b"]})
    assert to_table(frame, infer_schema(frame)).numeric.tolist() == [[1.5], [2.5]]


def test_a_saved_schema_reads_the_same(tmp_path: Path) -> None:
    to_table(TRAIN, SCHEMA)  # what is cached in a schema is not saved with it
    save(SCHEMA, tmp_path / "schema.npz")
    loaded = load(tmp_path / "schema.npz", Schema)
    assert loaded == SCHEMA
    same(to_table(TRAIN, loaded), to_table(TRAIN, SCHEMA))


@pytest.mark.parametrize("path", ["tabular/titanic.csv", "tabular/taxi_fares.csv", "tabular/ames.csv"])
def test_single_rows_read_like_the_whole(shared: Path, path: str) -> None:
    frame = read_table(shared / path)
    schema = infer_schema(frame)
    whole = to_table(frame, schema)
    for row in (0, 7, len(frame) - 1):
        same(to_table(frame.iloc[[row]], schema), whole.take(np.array([row])))
        record = pd.DataFrame([frame.iloc[row].to_dict()])
        same(to_table(record, schema), whole.take(np.array([row])))
