from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.data.cells import FEW, is_missing, level_text, per_distinct, to_booleans, to_text


@pytest.mark.parametrize("cell", [None, np.nan, pd.NA, pd.NaT, np.float32("nan"), "", "  ", "NA", " ? ", "null"])
def test_missing_cells(cell: object) -> None:
    assert is_missing(cell)
    assert level_text(cell) == ""


@pytest.mark.parametrize("cell", [0, 0.0, False, "None", "0", "-", np.inf])
def test_present_cells(cell: object) -> None:
    assert not is_missing(cell)


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        ([1, 1.0, "1", "1.0", " 1 ", np.int8(1), np.float32(1)], "1"),
        ([True, np.True_, "True"], "True"),
        (["007"], "007"),
        ([1.5, "1.5"], "1.5"),
        ([date(2020, 1, 2)], "2020-01-02"),
    ],
)
def test_spellings_of_one_level(cells: list[object], text: str) -> None:
    assert {level_text(cell) for cell in cells} == {text}


@given(st.lists(st.sampled_from(["a", "b ", None, "", "x y"]), min_size=1))
def test_long_and_short_columns_mean_the_same(cells: list[str | None]) -> None:
    short = [level_text(cell) for cell in cells]
    long = pd.Series(cells * (FEW + 1), dtype="str")
    assert per_distinct(long, level_text, "", np.object_)[: len(cells)].tolist() == short
    assert per_distinct(long.astype("category"), level_text, "", np.object_)[: len(cells)].tolist() == short


def test_booleans_know_each_others_words() -> None:
    cells = pd.Series(["Yes", "no", True, 0, "1", "perhaps", None], dtype=object)
    np.testing.assert_array_equal(to_booleans(cells, ("No", "Yes")), [1, 0, 1, 0, 1, np.nan, np.nan])
    cells = pd.Series(["female", "MALE", "yes"])
    np.testing.assert_array_equal(to_booleans(cells, ("female", "male")), [0, 1, np.nan])


def test_text_keeps_cells_as_they_are() -> None:
    assert to_text(pd.Series([" a b ", None, "NA", 3], dtype=object)).tolist() == [" a b ", None, None, "3"]
