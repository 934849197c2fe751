from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from automl.data.beside import groups_in, times_in, weights_in
from automl.errors import DataError


def test_rows_without_a_group_are_groups_of_their_own() -> None:
    groups = groups_in(pd.Series(["a", None, "b", "a", None]))
    assert groups[0] == groups[3]
    assert len(set(groups.tolist())) == 4


def test_times_order_rows_whether_numbers_or_dates() -> None:
    assert times_in(pd.Series([3, 1, 2])).tolist() == [3.0, 1.0, 2.0]
    dates = times_in(pd.Series(["2024-01-02", "2024-01-01", None]))
    assert dates[0] - dates[1] == 86_400.0
    assert np.isnan(dates[2])
    with pytest.raises(DataError, match="numbers or dates, and there is 'soon'"):
        times_in(pd.Series(["soon", "later"], name="when"))


@pytest.mark.parametrize(
    ("cells", "message"),
    [([1.0, -2.0], "row 1 has '-2.0'"), ([1.0, None], "row 1 has"), ([0.0, 0.0], "all weights are 0")],
)
def test_weights_that_cannot_weigh_are_refused(cells, message) -> None:
    with pytest.raises(DataError, match=message):
        weights_in(pd.Series(cells, name="w"))
