"""Reading FlatBuffers, the format inside CatBoost's files, with every offset checked.

Source: the format's internals (https://flatbuffers.dev/internals). A table is a position; its fields are found through
a vtable; texts, vectors and tables hang on relative offsets.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Table:
    """One table of a buffer; whatever lies outside the buffer is a `ValueError`."""

    data: bytes
    position: int

    @classmethod
    def root(cls, data: bytes) -> Table:
        """Return the table that the buffer begins with."""
        return cls(data, _read(data, 0, "<I"))

    def number(self, field: int, code: str, default: float = 0) -> Any:
        """Return a number stored in the table; `code` is `struct`'s, such as "<i"."""
        place = self._place(field)
        return default if place is None else _read(self.data, place, code)

    def table(self, field: int) -> Table | None:
        """Return a table that this one refers to."""
        place = self._place(field)
        return None if place is None else Table(self.data, self._follow(place))

    def tables(self, field: int) -> list[Table]:
        """Return a vector of tables, empty where there is none."""
        start, length = self._vector(field, 4)
        return [Table(self.data, self._follow(start + 4 * i)) for i in range(length)]

    def array(self, field: int, dtype: str) -> NDArray[Any]:
        """Return a vector of numbers, empty where there is none."""
        kind = np.dtype(dtype)
        start, length = self._vector(field, kind.itemsize)
        return np.frombuffer(self.data, kind, length, start) if length else np.empty(0, kind)

    def texts(self, field: int) -> list[bytes]:
        """Return a vector of texts, empty where there is none."""
        start, length = self._vector(field, 4)
        return [self._text(self._follow(start + 4 * i)) for i in range(length)]

    def text(self, field: int) -> bytes:
        """Return a text, empty where there is none."""
        place = self._place(field)
        return b"" if place is None else self._text(self._follow(place))

    def _text(self, place: int) -> bytes:
        length = _read(self.data, place, "<I")
        if place + 4 + length > len(self.data):
            raise ValueError("a text leaves the buffer")
        return self.data[place + 4 : place + 4 + length]

    def _place(self, field: int) -> int | None:
        vtable = self.position - _read(self.data, self.position, "<i")
        size = _read(self.data, vtable, "<H")
        at = 4 + 2 * field
        offset = _read(self.data, vtable + at, "<H") if at + 2 <= size else 0
        return self.position + offset if offset else None

    def _follow(self, place: int) -> int:
        return place + int(_read(self.data, place, "<I"))

    def _vector(self, field: int, itemsize: int) -> tuple[int, int]:
        place = self._place(field)
        if place is None:
            return 0, 0
        start = self._follow(place)
        length = int(_read(self.data, start, "<I"))
        if start + 4 + length * itemsize > len(self.data):
            raise ValueError("a vector leaves the buffer")
        return start + 4, length


def _read(data: bytes, place: int, code: str) -> Any:
    if place < 0 or place + struct.calcsize(code) > len(data):
        raise ValueError("an offset leaves the buffer")
    return struct.unpack_from(code, data, place)[0]
