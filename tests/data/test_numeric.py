from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.data.numeric import DECIMAL_COMMA, PLAIN, THOUSANDS, choose_number_parsing, number, to_numbers


@pytest.mark.parametrize(
    ("cells", "parsing"),
    [
        (["1", "2.5", "-3e4", " 4 ", "NA"], PLAIN),
        (["$5", "12 %", "-7"], PLAIN),
        (["1,234.5", "7", "12,000"], THOUSANDS),
        (["3,14", "2", "1.234,5"], DECIMAL_COMMA),
        (["0,125", "0,250"], DECIMAL_COMMA),
        (["1", "2", "unknown", "-"], PLAIN),
        ([*map(str, range(200)), "12o"], PLAIN),
        (["1", "2", "3+"], None),
        (["007", "12"], None),
        (["1.2.3"], None),
        (["2019-01-02"], None),
        (["1_000"], None),
        (["", "NA"], None),
    ],
)
def test_parsing_is_chosen(cells: list[object], parsing: str | None) -> None:
    assert choose_number_parsing(cells) == parsing


@pytest.mark.parametrize(
    ("cell", "parsing", "value"),
    [
        ("1,234.5", THOUSANDS, 1234.5),
        ("1 234.5", THOUSANDS, 1234.5),
        ("1.234,5", DECIMAL_COMMA, 1234.5),
        ("1.250", DECIMAL_COMMA, 1250),
        ("3.5", DECIMAL_COMMA, 3.5),
        ("-$5", PLAIN, -5),
        ("−5", PLAIN, -5),
        ("€ 12", PLAIN, 12),
        (Decimal("1.5"), PLAIN, 1.5),
        (True, PLAIN, 1),
    ],
)
def test_numbers_are_read(cell: object, parsing: str, value: float) -> None:
    assert number(cell, parsing) == value


@pytest.mark.parametrize("cell", ["", "abc", "inf", "nan", None, pd.NA, "1,5", np.inf, "1e999", [1]])
def test_what_is_no_number_is_missing(cell: object) -> None:
    assert np.isnan(number(cell))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_survive_as_text(value: float) -> None:
    assert number(repr(value)) == value


def test_columns_of_any_dtype() -> None:
    for series in (
        pd.Series([1, 2], dtype="Int64"),
        pd.Series([1.0, 2.0]),
        pd.Series(["1", "2"]),
        pd.Series(["1", "2"], dtype="category"),
        pd.Series([1, "2"], dtype=object),
        pd.Series(pd.to_timedelta([1, 2], unit="s")),
    ):
        np.testing.assert_array_equal(to_numbers(series), [1, 2])
    np.testing.assert_array_equal(to_numbers(pd.Series([1, None], dtype="Int64")), [1, np.nan])
    np.testing.assert_array_equal(to_numbers(pd.Series([1, np.inf])), [1, np.nan])
