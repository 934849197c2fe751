"""Compressed files, unpacked no further than the limits allow."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from pathlib import Path
from typing import Protocol

from automl.data.limits import FREE, InputLimits
from automl.errors import DataError

_CHUNK = 1 << 22  # a buffer for all that is allowed would be allocated whole


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...


def read_at_most(stream: _Stream, size: int) -> bytes:
    """Return all bytes of a stream, or its first `size` where it has more."""
    chunks: list[bytes] = []
    while size > 0 and (chunk := stream.read(min(size, _CHUNK))):
        chunks.append(chunk)
        size -= len(chunk)
    return b"".join(chunks)


def unpacked(content: bytes, path: Path, limits: InputLimits) -> bytes:
    """Undo a compression, told by its first bytes; `path` is named in errors.

    Raise `DataError` where the file is damaged, or unpacks to more than the limits allow; no more than that is read.
    """
    try:
        if content.startswith(b"\x1f\x8b"):
            return _bounded(gzip.GzipFile(fileobj=io.BytesIO(content)), content, path, limits)
        if content.startswith(b"BZh"):
            return _bounded(bz2.BZ2File(io.BytesIO(content)), content, path, limits)
        if content.startswith(b"\xfd7zXZ\x00"):
            return _bounded(lzma.LZMAFile(io.BytesIO(content)), content, path, limits)
        if content.startswith((b"PK\x03\x04", b"PK\x05\x06")) and path.suffix.lower() not in {".xlsx", ".xlsm", ".ods"}:
            return _only_member(content, path, limits)
    except DataError:
        raise
    except (
        OSError, EOFError, ValueError, RuntimeError, MemoryError, NotImplementedError, zlib.error, lzma.LZMAError,
        zipfile.BadZipFile,
    ) as error:  # fmt: skip
        raise DataError(f"{path}: the compressed file is damaged ({error}); get an intact copy") from error
    return content


def _only_member(content: bytes, path: Path, limits: InputLimits) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [n for n in archive.namelist() if not n.endswith("/") and not n.startswith("__MACOSX")]
        if "[Content_Types].xml" in names:
            return content  # a spreadsheet with another suffix
        if len(names) != 1:
            raise DataError(
                f"{path}: a zip file must hold one table, and this one holds {len(names)} files; unpack it first"
            )
        with archive.open(names[0]) as member:
            return _bounded(member, content, path, limits)


def _bounded(stream: _Stream, content: bytes, path: Path, limits: InputLimits) -> bytes:
    allowed = max(FREE, limits.expansion * len(content))
    data = read_at_most(stream, min(allowed, limits.bytes) + 1)
    read = len(data)
    limits.check(path, "bytes", read, "its size in bytes once unpacked, as far as it was read,", enough=4 * read)
    if read > allowed:
        times = -(-read // len(content))
        says = "how many times larger it becomes when unpacked, as far as it was read,"
        limits.check(path, "expansion", times, says, enough=4 * times)
    return data
