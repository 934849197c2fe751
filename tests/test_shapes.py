"""Telling values from a file by the annotations of a class."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from automl import storage
from automl.plugin.registry import discover
from automl.shapes import field_tests


@dataclass(frozen=True)
class Inner:
    x: int


@dataclass(frozen=True)
class Everything:
    whole: int
    real: float
    flag: bool
    text: str
    maybe: int | None
    choice: Literal["a", "b"]
    many: tuple[int, ...]
    pair: tuple[int, str]
    table: Mapping[str, float]
    numbers: NDArray[np.float64]
    codes: NDArray[np.int64]
    cells: NDArray[Any]
    inner: Inner
    inners: tuple[Inner, ...]


GOOD: dict[str, list[Any]] = {
    "whole": [1, -5],
    "real": [1.5, 2, float("inf")],
    "flag": [True],
    "text": ["x", ""],
    "maybe": [None, 3],
    "choice": ["a"],
    "many": [(), (1, 2)],
    "pair": [(1, "x")],
    "table": [{}, {"a": 1.0}],
    "numbers": [np.zeros(3), np.zeros(3, np.float32)],
    "codes": [np.zeros(3, np.int32), np.zeros(0, np.uint8)],
    "cells": [np.array(["x"])],
    "inner": [Inner(1)],
    "inners": [(Inner(1),)],
}
BAD: dict[str, list[Any]] = {
    "whole": [True, 1.0, "1", None, 2**70],
    "real": ["1", None, True, 2**70],
    "flag": [1, None],
    "text": [1, None, np.array(["x"])],
    "maybe": ["3", 1.5],
    "choice": ["c", 1, ()],
    "many": [(1, "x"), 5, "12", None],
    "pair": [(1,), (1, "x", 2), ("x", 1)],
    "table": [{"a": "b"}, {1: 1.0}, ()],
    "numbers": [np.zeros(3, int), [1.0], None, 1.0],
    "codes": [np.zeros(3), np.zeros(3, bool)],
    "cells": [["x"]],
    "inner": [{"x": 1}, 1, Everything],
    "inners": [(1,), Inner(1)],
}


@pytest.mark.parametrize("name", GOOD)
def test_values_are_told_by_their_annotation(name):
    test = field_tests(Everything)[name]
    assert all(test(value) for value in GOOD[name])
    assert not any(test(value) for value in BAD[name])


def test_annotations_that_say_nothing_about_data_are_refused():
    @dataclass(frozen=True)
    class Odd:
        run: Callable[[], None]

    with pytest.raises(TypeError, match="annotation"):
        field_tests(Odd)


def test_every_class_that_is_stored_can_be_told():
    discover()
    for cls in storage._CLASSES.values():
        if dataclasses.is_dataclass(cls):
            assert field_tests(cls).keys() >= {field.name for field in dataclasses.fields(cls)}
