"""Reading Universal Binary JSON, the format of XGBoost's files, as far as XGBoost writes it.

Source: the specification (https://ubjson.org). Arrays of numbers become numpy arrays without a copy for each value, so
that a file can be checked in milliseconds before native code reads it.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

_NUMBERS = {b"i": "b", b"U": "B", b"I": ">h", b"l": ">i", b"L": ">q", b"d": ">f", b"D": ">d"}
_INTEGERS = frozenset(b"iUIlL")
_DEPTH = 64  # deeper nesting than any model has


def decode(data: bytes) -> Any:
    """Return the value that the bytes hold; raise ValueError where they are no whole UBJSON document."""
    reader = _Reader(data)
    try:
        value = reader.value(reader.take(1), 0)
    except (struct.error, UnicodeDecodeError, IndexError) as error:
        raise ValueError(f"broken off or not UBJSON: {error}") from error
    if reader.at != len(data):
        raise ValueError("bytes after the end of the document")
    return value


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, size: int) -> bytes:
        if size < 0 or self.at + size > len(self.data):
            raise ValueError("it ends too early")
        self.at += size
        return self.data[self.at - size : self.at]

    def value(self, marker: bytes, depth: int) -> Any:
        if depth > _DEPTH:
            raise ValueError(f"nested deeper than {_DEPTH} levels")
        if marker in _NUMBERS:
            code = _NUMBERS[marker]
            return struct.unpack(code, self.take(struct.calcsize(code)))[0]
        match marker:
            case b"S":
                return self.text()
            case b"{":
                return self.object(depth)
            case b"[":
                return self.array(depth)
            case b"T" | b"F":
                return marker == b"T"
            case b"Z":
                return None
        raise ValueError(f"unknown marker {marker!r}")

    def length(self) -> int:
        marker = self.take(1)
        if marker[0] not in _INTEGERS:
            raise ValueError(f"a length cannot start with {marker!r}")
        size = int(self.value(marker, 0))
        if not 0 <= size <= len(self.data):
            raise ValueError(f"impossible length {size}")
        return size

    def text(self) -> str:
        return self.take(self.length()).decode()

    def object(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while self.data[self.at : self.at + 1] != b"}":
            name = self.text()
            if name in found:
                raise ValueError(f"the name '{name}' stands twice")
            found[name] = self.value(self.take(1), depth + 1)
        self.at += 1
        return found

    def array(self, depth: int) -> Any:
        kind = None
        if self.data[self.at : self.at + 1] == b"$":
            kind = self.take(2)[1:]
        if self.data[self.at : self.at + 1] == b"#":
            self.at += 1
            size = self.length()
            if kind is None:
                return [self.value(self.take(1), depth + 1) for _ in range(size)]
            if kind not in _NUMBERS:
                raise ValueError(f"arrays of {kind!r} are not read")
            dtype = np.dtype(_NUMBERS[kind])
            return np.frombuffer(self.take(size * dtype.itemsize), dtype)
        if kind is not None:
            raise ValueError("an array with a type must have a length")
        items = []
        while (marker := self.take(1)) != b"]":
            items.append(self.value(marker, depth + 1))
        return items
