"""Whether a value is what an annotation says: how data from a file is told from what a class expects.

Only the annotations that values on disk need are known: numbers, text, None, literals, tuples, mappings, arrays (by the
kind of their cells), classes, and unions of these.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

Test = Callable[[Any], bool]

_LARGEST = 2**63  # integers beyond are none of ours, and overflow whatever they are put into
_KINDS: dict[type, str] = {np.bool_: "b", np.integer: "iu", np.floating: "f", np.str_: "U"}


@cache
def field_tests(cls: type) -> Mapping[str, Test]:
    """Return a test for each field of a dataclass, by name.

    Raise `TypeError` where an annotation cannot be read, or is none that data can be tested against.
    """
    try:
        hints = typing.get_type_hints(cls)
    except NameError as error:
        raise TypeError(f"{cls.__qualname__}: its annotations must be importable at run time ({error})") from error
    return {name: _test(hint) for name, hint in hints.items() if name in cls.__dataclass_fields__}  # type: ignore[attr-defined]


def _test(hint: Any) -> Test:  # noqa: PLR0911 - one line a kind of annotation
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any or hint is object:
        return lambda value: True
    if hint is None or hint is type(None):
        return lambda value: value is None
    if hint is int:
        return _is_int
    if hint is float:
        return lambda value: isinstance(value, float) or _is_int(value)
    if origin in {typing.Union, types.UnionType}:
        return _any_of([_test(argument) for argument in arguments])
    if origin is typing.Literal:
        return lambda value: isinstance(value, str | int | None) and value in arguments
    if origin is tuple and arguments[-1] is not Ellipsis:
        return _row_of([_test(argument) for argument in arguments])
    if origin in {tuple, list, Sequence}:
        return _all_of(_test(arguments[0]))
    if origin in {dict, Mapping}:
        return _mapping_of(_test(arguments[0]), _test(arguments[1]))
    if origin is np.ndarray or hint is np.ndarray:
        return _array_of(typing.get_args(arguments[1])[0] if arguments else Any)
    if isinstance(hint, type):
        return lambda value: isinstance(value, hint)
    raise TypeError(f"cannot test data against the annotation {hint}")


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -_LARGEST <= value < _LARGEST


def _any_of(tests: list[Test]) -> Test:
    return lambda value: any(test(value) for test in tests)


def _row_of(tests: list[Test]) -> Test:
    return lambda value: (
        isinstance(value, tuple)
        and len(value) == len(tests)
        and all(test(item) for test, item in zip(tests, value, strict=True))
    )


def _all_of(test: Test) -> Test:
    return lambda value: isinstance(value, tuple | list) and all(map(test, value))


def _mapping_of(key: Test, item: Test) -> Test:
    return lambda value: isinstance(value, Mapping) and all(key(k) and item(v) for k, v in value.items())


def _array_of(scalar: Any) -> Test:
    if scalar is Any or not isinstance(scalar, type) or scalar is np.generic:
        return lambda value: isinstance(value, np.ndarray)
    kinds = next((kinds for kind, kinds in _KINDS.items() if issubclass(scalar, kind)), None)
    if kinds is None:
        raise TypeError(f"cannot test an array of {scalar}")
    return lambda value: isinstance(value, np.ndarray) and value.dtype.kind in kinds
