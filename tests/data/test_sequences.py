from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from automl.data.sequences import looks_like_sequences, sequence, to_sequences


@pytest.mark.parametrize(
    ("cell", "values"),
    [
        ("1 2.5 -3e1", [1, 2.5, -30]),
        ("[1, 2]", [1, 2]),
        ("0,5;0,7", [0.5, 0.7]),
        ("1;2", [1, 2]),
        ("1 nan ?", [1, np.nan, np.nan]),
        ([1, None], [1, np.nan]),
        (np.array([1, 2]), [1, 2]),
        (np.array([[1, 2], [3, 4]]), [1, 2, 3, 4]),
    ],
)
def test_spellings(cell: object, values: list[float]) -> None:
    read = sequence(cell)
    assert read is not None
    assert read.dtype == np.float32
    np.testing.assert_allclose(read, values, rtol=1e-6)


@pytest.mark.parametrize("cell", [None, "", "a b", "1 2 x", [], ["a"], 5, "2019-01-02 12:00"])
def test_anything_else_is_missing(cell: object) -> None:
    assert sequence(cell) is None


def test_short_rows_of_numbers_may_mean_anything() -> None:
    assert not looks_like_sequences(["555 1234", "40.7, -74.0"])
    assert not looks_like_sequences(["1 2 3 4", "none of these"])
    assert not looks_like_sequences([])
    assert looks_like_sequences(["1 2 3 4", "5 6 7 8 9"])
    assert looks_like_sequences([[1, 2], [3]])


@given(st.lists(arrays(np.float32, st.integers(1, 9), elements=st.floats(-1e6, 1e6, width=32)), min_size=1, max_size=5))
def test_arrays_survive_as_text(values: list[np.ndarray]) -> None:
    texts = pd.Series([" ".join(map(repr, array.tolist())) for array in values])
    for read, array in zip(to_sequences(texts), values, strict=True):
        np.testing.assert_array_equal(read, array)
