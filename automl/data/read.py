"""From a file to a DataFrame, whatever its format, compression, encoding and delimiter."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd

from automl.data.columnar import read_columnar
from automl.data.delimited import read_delimited
from automl.data.limits import InputLimits
from automl.data.unpack import read_at_most, unpacked
from automl.errors import DataError

_COMPRESSIONS = {".gz", ".bz2", ".xz", ".zip"}
_JSON = {".json", ".jsonl", ".ndjson"}
_DIGITS = 18  # of a whole number that surely fits into 64 bits
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_TEXT_HINT = "use CSV, Parquet, Feather or JSON"


def read_table(path: str | Path, limits: InputLimits | None = None) -> pd.DataFrame:
    """Read a table: delimited text, Parquet, Feather, or JSON (records, columns, or a record a line).

    The format is told by content first and suffix second; gz, bz2, xz and one-member zip files are opened. Columns of
    text that hold plain numbers and nothing else become int64 or float64, all others stay text: what they mean is
    decided by `infer_schema`. Whole numbers with leading zeros (007), or of more digits than fit, stay text.
    Missing cells are those in `automl.data.cells.MARKERS`. Column names are stripped of blanks and made unique.
    Raises `DataError` where there is no such file or no table in it, and where it is beyond the limits.
    """
    path, limits = Path(path), limits or InputLimits()
    try:
        if not path.exists():
            raise DataError(f"{path}: there is no such file; check the path")
        if path.is_dir():
            raise DataError(f"{path}: a table must be a file, and this is a folder; name a file in it")
        limits.check(path, "bytes", _size(path), "its size in bytes")
        with path.open("rb") as file:
            content = read_at_most(file, limits.bytes + 1)
    except OSError as error:
        raise DataError(f"{path}: the file cannot be read ({error}); check its permissions") from error
    read = len(content)
    limits.check(path, "bytes", read, "its size in bytes, as far as it was read,", enough=4 * read)
    content = unpacked(content, path, limits)
    if not content.removeprefix(b"\xef\xbb\xbf").strip():
        raise DataError(f"{path}: the file is empty; a table needs a line of column names and rows below it")
    frame = _parsed(content, path, limits)
    limits.check(path, "columns", len(frame.columns), "the number of columns")
    frame.columns = pd.Index(unique_names([str(name) for name in frame.columns]))
    if frame.empty:
        raise DataError(f"{path}: the table has no rows; give a file with at least one row below the column names")
    return frame


def _size(path: Path) -> int:
    """Return the bytes of a file, 0 for a pipe."""
    return path.stat().st_size if path.is_file() else 0


def _parsed(content: bytes, path: Path, limits: InputLimits) -> pd.DataFrame:
    suffix = next((s for s in reversed(path.suffixes) if s.lower() not in _COMPRESSIONS), "").lower()
    if content.startswith(b"PAR1"):
        return read_columnar(content, path, "Parquet", limits)
    if content.startswith((b"ARROW1", b"FEA1")):
        return read_columnar(content, path, "Feather", limits)
    if content.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        raise DataError(f"{path}: this looks like a spreadsheet, which cannot be read; save the sheet as CSV")
    if suffix in {".parquet", ".pq", ".feather", ".arrow", ".ipc"}:
        raise DataError(f"{path}: the file is not what its suffix {suffix} says, or it is damaged; write it again")
    text = _decoded(content, path)
    return _json(text, path, limits) if suffix in _JSON else read_delimited(text, path, limits)


def _decoded(content: bytes, path: Path) -> str:
    """Decode by byte-order mark, then as UTF-8, then as Windows Latin-1, in which any text can be read."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif content[1:2] == b"\0" and content[3:4] == b"\0":
        encodings = ["utf-16-le"]
    elif content[:1] == b"\0" and content[2:3] == b"\0":
        encodings = ["utf-16-be"]
    elif b"\0" in content[:65536]:
        raise DataError(f"{path}: the file is neither text nor a known table format; {_TEXT_HINT}")
    else:
        encodings = ["utf-8-sig", "cp1252", "latin-1"]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise DataError(f"{path}: the text is not valid {encodings[0]}; save the file as UTF-8")


def _json(text: str, path: Path, limits: InputLimits) -> pd.DataFrame:
    try:
        try:
            value = json.loads(text, parse_int=_whole)
        except json.JSONDecodeError:
            value = [json.loads(line, parse_int=_whole) for line in text.splitlines() if line.strip()]
        if _SURROGATE.search(text):
            value = _without_surrogates(value)
    except (ValueError, RecursionError, MemoryError) as error:
        raise DataError(
            f"{path}: the file is not valid JSON ({error}); write a list of records or a record a line"
        ) from error
    if isinstance(value, dict):
        if value and all(isinstance(cells, list) for cells in value.values()):
            if len({len(cells) for cells in value.values()}) > 1:
                raise DataError(f"{path}: the columns have different lengths; every column needs a cell for each row")
            return pd.DataFrame(value)
        value = [value]
    if not (isinstance(value, list) and all(isinstance(record, dict) for record in value)):
        raise DataError(f"{path}: JSON must be a list of records, a record a line, or a list of cells for each column")
    names = {name for record in value for name in record}
    limits.check(path, "columns", len(names), "the number of columns")
    # A record of its own names a line makes a table of as many columns as lines.
    limits.check(path, "bytes", 8 * len(names) * len(value), "the size of its table in bytes")
    return pd.DataFrame.from_records(value)


def _whole(digits: str) -> int | str:
    """Whole numbers of more digits than fit stay text."""
    return int(digits) if len(digits) <= _DIGITS else digits


def _without_surrogates(value: Any) -> Any:
    """Replace halves of characters, which JSON can spell but no encoding can write."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return value


def unique_names(names: list[str]) -> list[str]:
    """Strip blanks, name the nameless by position, and number the second and later of a name: `a`, `a.2`, `a.3`."""
    stripped = [name.strip() or f"column {i}" for i, name in enumerate(names, 1)]
    taken = set(stripped)
    seen: set[str] = set()
    out = []
    for name in stripped:
        unique, n = name, 1
        while unique in seen or (n > 1 and unique in taken):
            n += 1
            unique = f"{name}.{n}"
        seen.add(unique)
        out.append(unique)
    return out
