from __future__ import annotations

import numpy as np
import pandas as pd

from automl.data.apply import to_table
from automl.data.fingerprint import hash_frame, row_clusters
from automl.data.infer import infer_schema

FRAME = pd.DataFrame({"a": [1.0, 2.0, np.nan], "b": ["x", "y", None]})


def test_hash_follows_content() -> None:
    first = hash_frame(FRAME)
    assert first == "e1b50397f0b3999a76d936d150f05d0b"  # fixed: hashes are compared across versions
    assert hash_frame(FRAME.copy()) == first
    assert hash_frame(FRAME.assign(b=FRAME["b"].astype("category"))) == first
    assert hash_frame(FRAME.astype({"b": object})) == first
    assert hash_frame(FRAME.rename(columns={"a": "c"})) != first
    assert hash_frame(FRAME[["b", "a"]]) != first
    assert hash_frame(FRAME.iloc[::-1]) != first
    assert hash_frame(pd.DataFrame({"a": [1]})) != hash_frame(pd.DataFrame({"a": ["1"]}))
    big = 2**53
    assert hash_frame(pd.DataFrame({"a": [big]})) != hash_frame(pd.DataFrame({"a": [big + 1]}))


def test_copies_of_rows_are_clusters() -> None:
    frame = pd.DataFrame({"a": [1.5, np.nan, 2.5, np.nan, 0.5], "b": ["x", "y", "x", "y", None], "t": list("aabac")})
    frame["s"] = [[1, 2], [3], [1, 2], [3], [4]]
    clusters = row_clusters(to_table(frame, infer_schema(frame)))
    assert clusters is not None
    assert clusters[1] == clusters[3]
    assert len(set(clusters.tolist())) == 4


def test_no_clusters_where_no_row_or_most_rows_repeat() -> None:
    for frame in (pd.DataFrame({"a": np.arange(9) / 2}), pd.DataFrame({"a": [0.5, 1.5, 2.5] * 9})):
        assert row_clusters(to_table(frame, infer_schema(frame))) is None
