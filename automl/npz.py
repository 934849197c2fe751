"""NumPy's `.npz` files, read strictly: plain arrays, uncompressed, and no larger than the file that holds them.

`numpy.load` trusts a file to be what it says. Here every size is checked against the bytes that are there before
anything is allocated, so that a small file cannot become a large array; and cells that no array of ours has (a boolean
of 7, a character beyond Unicode, an object) are refused before anything computes with them.
"""

from __future__ import annotations

import io
import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]

KINDS = "biufU"  # booleans, integers, floats, text; never objects, which numpy would unpickle
_MOST_MEMBERS = 1 << 16
_MOST_HEADER = 10_000  # characters; NumPy's own limit
_MOST_EMPTY = 1 << 24  # longest side of an array without cells
_LAST_CHARACTER = 0x10FFFF
_ENCRYPTED = 0x1


def read_npz(path: Path) -> Arrays:
    """Return the arrays of a file that `numpy.savez` wrote, by name.

    Raise `OSError`, `zipfile.BadZipFile` or `ValueError` where it cannot be read or is not such a file.
    """
    with path.open("rb") as file, zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        _check_members(members, path.stat().st_size)
        return {member.filename.removesuffix(".npy"): _array(archive.read(member)) for member in members}


def _check_members(members: list[zipfile.ZipInfo], file_size: int) -> None:
    if len(members) > _MOST_MEMBERS:
        raise ValueError(f"{len(members)} members, more than {_MOST_MEMBERS}")
    if len({member.filename for member in members}) < len(members):
        raise ValueError("two members have the same name")
    for member in members:
        if not member.filename.endswith(".npy") or member.flag_bits & _ENCRYPTED:
            raise ValueError(f"the member '{member.filename[:80]}' is no plain array")
        if member.compress_type != zipfile.ZIP_STORED or member.compress_size != member.file_size:
            raise ValueError(f"the member '{member.filename[:80]}' is compressed, which arrays here never are")
    # Members that overlap would otherwise yield more bytes than the file has.
    if sum(member.file_size for member in members) > file_size:
        raise ValueError("its members claim more bytes than the file has")


def _array(data: bytes) -> NDArray[Any]:
    """Return the array in the bytes of a `.npy` file, writable and in the machine's byte order."""
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    if version not in {(1, 0), (2, 0)}:
        raise ValueError(f"an array of NumPy's format {version}")
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, by_column, dtype = read(stream, max_header_size=_MOST_HEADER)
    if dtype.kind not in KINDS or dtype.fields is not None or dtype.subdtype is not None:
        raise ValueError(f"an array of dtype {dtype}")
    body = memoryview(data)[stream.tell() :]
    count = math.prod(shape)
    if count * dtype.itemsize != len(body) or min(shape, default=0) < 0:
        raise ValueError(f"an array of shape {shape} and dtype {dtype} has {len(body)} bytes")
    if not len(body):
        if count or max(shape, default=0) > _MOST_EMPTY:
            raise ValueError(f"an array without bytes has the shape {shape}")
        return np.empty(shape, dtype.newbyteorder("="))
    _check_cells(body, dtype)
    array = np.frombuffer(bytearray(body), dtype).reshape(shape, order="F" if by_column else "C")
    return array if dtype.isnative else array.astype(dtype.newbyteorder("="))


def _check_cells(body: memoryview, dtype: np.dtype[Any]) -> None:
    if dtype.kind == "b" and np.frombuffer(body, np.uint8).max() > 1:
        raise ValueError("a boolean that is neither 0 nor 1")
    if dtype.kind == "U" and np.frombuffer(body, np.dtype(np.uint32).newbyteorder(dtype.byteorder)).max() > (
        _LAST_CHARACTER
    ):
        raise ValueError("a character beyond Unicode")
