from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.data.dates import FORMATS, choose_date_parsing, forced_date_parsing, seconds, to_datetimes

NOON = datetime(2020, 3, 14, 12, 30, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("cells", "parsing"),
    [
        (["2019-03-23 20:21:09", "2019-03-24"], "iso"),
        (["2019-03-23T20:21:09.5Z", "2019-03-23T20:21:09+02:00"], "iso"),
        (["12/31/2019", "01/02/2019"], "%m/%d/%Y"),
        (["31/12/2019", "01/02/2019"], "%d/%m/%Y"),
        (["01/02/2019"], "%m/%d/%Y"),
        (["01.02.2019"], "%d.%m.%Y"),
        (["Mar 3, 2019 ", "Jan 12, 2020"], "%b %d, %Y"),
        (["1/5/19 3:04 PM"], "%m/%d/%y %I:%M %p"),
        (["2019-03", "2020-12"], "%Y-%m"),
        ([*[f"2020-01-{i:02}" for i in range(1, 29)], "0000-00-00"], "iso"),
        ([date(2020, 1, 1), None], "iso"),
    ],
)
def test_formats_are_found(cells: list[object], parsing: str) -> None:
    assert choose_date_parsing(cells) == parsing


@pytest.mark.parametrize(
    "cell", ["20190101", "1.2.10", "C85", "12", "12:30", "A5 21171", "may", "9999-01-01", 20190101]
)
def test_codes_and_numbers_are_no_dates(cell: object) -> None:
    assert choose_date_parsing([cell]) is None


def test_a_user_may_call_digits_a_date() -> None:
    assert forced_date_parsing([20190101, 20191231]) == "%Y%m%d"
    assert forced_date_parsing([1999, 2001]) == "%Y"
    assert forced_date_parsing(["cat"]) is None
    parsed = to_datetimes(pd.Series([20200314]), "%Y%m%d")
    assert parsed[0] == datetime(2020, 3, 14, tzinfo=UTC).timestamp()


def test_times_of_any_dtype_and_zone() -> None:
    for series in (
        pd.Series(["2020-03-14 12:30", "bad"]),
        pd.Series(["2020-03-14T14:30:00+02:00", None]),
        pd.Series([datetime(2020, 3, 14, 12, 30), None], dtype=object),
        pd.Series(pd.to_datetime(["2020-03-14 12:30", None])),
        pd.Series(pd.to_datetime(["2020-03-14 12:30", None]).tz_localize("UTC").tz_convert("Asia/Tokyo")),
    ):
        np.testing.assert_array_equal(to_datetimes(series), [NOON, np.nan])


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)), st.sampled_from([f for f in FORMATS if "%Y" in f]))
def test_each_format_reads_what_it_writes(moment: datetime, parsing: str) -> None:
    text = moment.replace(tzinfo=UTC).strftime(parsing)
    expected = datetime.strptime(text, parsing)
    assert seconds(text, parsing) == (expected if expected.tzinfo else expected.replace(tzinfo=UTC)).timestamp()


def test_long_columns_read_like_short_ones() -> None:
    moments = pd.date_range("2019-01-01", periods=3000, freq="37min")
    texts = pd.Series([*moments.strftime("%d/%m/%Y %H:%M"), "99/99/2019 00:00", "2019-01-01", None])
    parsed = to_datetimes(texts, "%d/%m/%Y %H:%M")
    one_by_one = [seconds(cell, "%d/%m/%Y %H:%M") for cell in texts.tolist()]
    np.testing.assert_array_equal(parsed, one_by_one)
    assert np.isnan(parsed).sum() == 2
