"""Checks of CatBoost's file: what prediction follows is within bounds, or the file is refused."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("catboost", reason="the plugin needs catboost")

import catboost

from automl_catboost.flat import Table
from automl_catboost.trees import Shape, check_bytes

SHAPE = Shape(n_numbers=2, n_categories=2, n_groups=3)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A model of numbers, of a category asked one by one, and of statistics over one of many levels."""
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(300, 2)).astype(np.float32)
    few, many = rng.integers(0, 3, 300), rng.integers(0, 40, 300)
    texts = np.array([[b"%d" % a, b"%d" % b] for a, b in zip(few, many, strict=True)], dtype=object)
    y = (numbers[:, 0] > 0) + (few + many) % 2
    quiet = {"allow_writing_files": False, "logging_level": "Silent", "thread_count": 1}
    model = catboost.CatBoost(
        {"loss_function": "MultiClass", "iterations": 20, "depth": 4, "one_hot_max_size": 5, **quiet}
    )
    model.fit(catboost.Pool(catboost.FeaturesData(numbers, texts), y))
    path = tmp_path_factory.mktemp("model") / "m.cbm"
    model.save_model(str(path))
    return path.read_bytes()


def core(data: bytes) -> Table:
    return Table.root(data[8 : 8 + struct.unpack_from("<I", data, 4)[0]])


def trees(data: bytes) -> Table:
    found = core(data).table(1)
    assert found is not None
    return found


def changed(data: bytes, array: Any, position: int, value: Any) -> bytes:
    """Return the file with one number of an array changed."""
    old = array.tobytes()
    assert data.count(old) >= 1
    new = array.copy()
    new[position] = value
    return data.replace(old, new.tobytes())


def test_a_model_as_written_is_accepted(data: bytes) -> None:
    check_bytes(data, SHAPE)
    assert trees(data).tables(6), "no category is asked one by one"
    assert trees(data).tables(7), "no statistic is used"


@pytest.mark.parametrize("shape", [Shape(3, 2, 3), Shape(2, 1, 3), Shape(2, 2, 1), Shape(2, 2, 4)])
def test_a_model_of_other_data_is_refused(data: bytes, shape: Shape) -> None:
    with pytest.raises(ValueError, match="made for other"):
        check_bytes(data, shape)


FORGED: dict[str, Callable[[bytes], bytes]] = {
    "a split beyond the columns": lambda d: changed(d, trees(d).array(1, "<i4"), 3, 10**6),
    "a negative split": lambda d: changed(d, trees(d).array(1, "<i4"), 3, -1),
    "a deep tree": lambda d: changed(d, trees(d).array(2, "<i4"), 2, 31),
    "a start elsewhere": lambda d: changed(d, trees(d).array(3, "<i4"), 2, 10**6),
    "an infinite leaf": lambda d: changed(d, trees(d).array(8, "<f8"), 5, np.inf),
    "a border out of order": lambda d: changed(d, trees(d).tables(5)[0].array(3, "<f4"), 0, 1e30),
    "a packed split beyond the columns": lambda d: changed(d, trees(d).array(17, "<u4"), 1, 0x0101FFFF),
    "cut": lambda d: d[: len(d) // 2],
    "longer": lambda d: d + b"\0" * 8,
    "without statistics": lambda d: d[: 8 + struct.unpack_from("<I", d, 4)[0]],
    "another file": lambda d: b"something else entirely",
    "empty": lambda d: b"",
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
def test_what_would_lead_catboost_astray_is_refused(data: bytes, forge: Callable[[bytes], bytes]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        check_bytes(forge(data), SHAPE)


def statistics(data: bytes) -> list[Table]:
    rest = data[8 + struct.unpack_from("<I", data, 4)[0] :]
    tables, at = [], 4
    for _ in range(struct.unpack_from("<I", rest, 0)[0]):
        size = struct.unpack_from("<I", rest, at)[0]
        tables.append(Table.root(rest[at + 4 : at + 4 + size]))
        at += 4 + size
    return tables


def test_statistics_that_point_beyond_their_table_are_refused(data: bytes) -> None:
    bucket = np.dtype([("key", "<u8"), ("index", "<u4")])
    buckets = statistics(data)[0].array(1, "<u1").view(bucket)
    taken = int(np.flatnonzero(buckets["key"] != 2**64 - 1)[0])
    with pytest.raises(ValueError, match="beyond its statistics"):
        check_bytes(changed(data, buckets, taken, (buckets["key"][taken], 10**6)), SHAPE)


def test_a_table_without_a_free_place_is_refused(data: bytes) -> None:
    bucket = np.dtype([("key", "<u8"), ("index", "<u4")])
    buckets = statistics(data)[0].array(1, "<u1").view(bucket)
    full = buckets.copy()
    full["key"] = np.arange(len(full))
    full["index"] = 0
    with pytest.raises(ValueError, match="no free place"):
        check_bytes(data.replace(buckets.tobytes(), full.tobytes()), SHAPE)


def test_every_cut_of_a_buffer_is_refused_and_none_reads_beyond_it(data: bytes) -> None:
    for end in range(0, len(data), max(1, len(data) // 200)):
        with pytest.raises(ValueError, match=r"\w"):
            check_bytes(data[:end], SHAPE)
