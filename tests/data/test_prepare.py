from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from automl.data.prepare import DataOptions, encode_rows, prepare
from automl.data.read import read_table
from automl.errors import DataError, OptionError

N = 40
FRAME = pd.DataFrame(
    {
        "x": np.random.default_rng(0).normal(size=N),
        "row": range(N),
        "w": [1.0, 2.0] * (N // 2),
        "g": ["a", "b", None, "c"] * (N // 4),
        "t": [f"2020-01-{i % 28 + 1:02}" for i in range(N)],
        "y": ["no", "yes", "no", None] * (N // 4),
    }
)


def test_a_dataset_and_what_was_done() -> None:
    before = FRAME.copy(deep=True)
    prepared = prepare(FRAME, DataOptions("y", weight="w", group="g"))
    data = prepared.dataset
    pd.testing.assert_frame_equal(FRAME, before)
    assert data.n_rows == 30
    assert data.y.tolist() == [0, 1, 0] * 10
    assert data.weights is not None
    assert data.groups is not None
    assert len(set(data.groups.tolist())) == 2 + 10  # a row without a group is a group
    assert [c.name for c in data.schema.columns] == ["x", "row", "t"]
    assert "10 of 40 rows are left out because they have no target." in prepared.notes
    assert any("'row' is ignored: it identifies rows" in note for note in prepared.notes)
    assert prepared.test is None


def test_a_test_part_is_kept_aside() -> None:
    prepared = prepare(FRAME, DataOptions("y", test_size=0.2))
    assert prepared.test is not None
    assert (prepared.dataset.n_rows, prepared.test.n_rows) == (24, 6)
    timed = prepare(FRAME, DataOptions("y", time="t", test_size=0.2))
    assert timed.test is not None
    assert timed.dataset.times is not None
    assert timed.test.times is not None
    assert timed.dataset.times.max() < timed.test.times.min()


def test_rows_without_time_are_left_out() -> None:
    frame = FRAME.assign(t=FRAME["t"].where(FRAME.index != 0, None))
    prepared = prepare(frame, DataOptions("y", time="t"))
    assert prepared.dataset.n_rows == 29
    assert any("1 rows are left out because they have no time" in note for note in prepared.notes)


def test_further_rows_follow_the_training_schema() -> None:
    options = DataOptions("y", weight="w", drop=["g"])
    data = prepare(FRAME, options).dataset
    more = FRAME[["y", "t", "x"]].iloc[:8]
    encoded = encode_rows(more, data.schema, data.task, options)
    assert encoded.n_rows == 6
    assert encoded.weights is None
    np.testing.assert_array_equal(encoded.table.numeric, data.table.numeric[:6])
    with pytest.raises(DataError, match="no column 'y'"):
        encode_rows(more[["x", "t"]], data.schema, data.task, options)
    with pytest.raises(DataError, match="nothing to compare"):
        encode_rows(more.assign(y=None), data.schema, data.task, options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (DataOptions("yy"), "unknown target column 'yy': did you mean 'y'"),
        (DataOptions("y", weight="ww"), "unknown weight column"),
        (DataOptions("y", time="tt"), "unknown time column"),
        (DataOptions("y", drop=["xx"]), "unknown column 'xx'"),
        (DataOptions("y", group="g", time="t", test_size=0.2), "both given"),
    ],
)
def test_unknown_names(options: DataOptions, words: str) -> None:
    with pytest.raises(OptionError, match=words):
        prepare(FRAME, options)


@pytest.mark.parametrize(
    ("frame", "options", "words"),
    [
        (FRAME.iloc[:0], DataOptions("y"), "has no rows"),
        (FRAME.assign(w=-1), DataOptions("y", weight="w"), "at least 0"),
        (FRAME.assign(w=0), DataOptions("y", weight="w"), "all weights are 0"),
        (FRAME.assign(t="soon"), DataOptions("y", time="t"), "there is 'soon'"),
        (FRAME, DataOptions("y", weight="y"), "must be different columns"),
    ],
)
def test_tables_that_cannot_be_learned_from(frame: pd.DataFrame, options: DataOptions, words: str) -> None:
    with pytest.raises(DataError, match=words):
        prepare(frame, options)


def test_all_real_tables_can_be_prepared(shared: Path) -> None:
    for entry in json.loads((shared / "suite.json").read_text()):
        path = shared / entry["path"]
        prepared = prepare(read_table(path), DataOptions(entry["target"], folder=path.parent, test_size=0.2))
        assert prepared.test is not None, entry["name"]
        assert prepared.dataset.n_rows + prepared.test.n_rows == entry["rows"], entry["name"]
        assert len(prepared.dataset.schema.columns) == entry["columns"], entry["name"]
