"""Delimited text to a DataFrame: every cell is read as text, and columns of plain numbers become numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from automl.data.cells import MARKERS
from automl.data.delimiter import CANDIDATES, Layout, find_layout, lacks_header
from automl.data.limits import InputLimits
from automl.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

_LEADING_ZERO = r"^\s*[+-]?0[0-9xX]"  # a code; "0x1F" would be read as hexadecimal
_TOO_LONG = r"^\s*[+-]?[0-9]{16,}\s*$"  # a float would round it
_BLOCK = 1 << 22  # bytes parsed at a time
_LARGEST_BLOCK = (1 << 31) - 1  # what the parser can count


def read_delimited(text: str, path: Path, limits: InputLimits) -> pd.DataFrame:
    """Read delimited text with a header line; `path` is named in errors."""
    import pyarrow as pa

    text = text.lstrip("\r\n")
    _check_lines(text, path, limits)
    layout = find_layout(text)
    limits.check(path, "columns", len(layout.header), "the number of columns")
    if lacks_header(layout.header):
        raise DataError(
            f"{path}: the first line must name the columns, and is '{','.join(layout.header)[:60]}'; add a header line"
        )
    if layout.delimiter == " ":
        text = re.sub(r"[ \t]+", " ", re.sub(r"(?m)^[ \t]+|[ \t]+$", "", text))
    names = list(layout.header)
    if layout.extra:
        names.insert(0 if layout.extra == "first" else len(names), "")
    table = _cells(text.encode("utf-8", errors="replace"), len(names), layout, path)
    check_cells(table, names, path, limits)
    columns = [_typed(column) for column in table.itercolumns()]
    # Blank columns at the end are delimiters without cells between them.
    while columns and not names[-1].strip() and columns[-1].null_count == len(columns[-1]):
        del names[-1], columns[-1]
    ids = [str(i) for i in range(len(columns))]
    frame: pd.DataFrame = pa.Table.from_arrays(columns, names=ids).to_pandas()
    frame.columns = pd.Index(names)
    return frame


def _check_lines(text: str, path: Path, limits: InputLimits) -> None:
    """Refuse a header of too many columns, and a cell that is too long for sure, before anything is copied."""
    first = text.find("\n")
    most = max(text.count(mark, 0, first if first >= 0 else len(text)) for mark in CANDIDATES)
    limits.check(path, "columns", most + 1, "the number of columns")
    marks = (*CANDIDATES, "\n", "\r")
    for start in range(0, len(text) - limits.cell, limits.cell):
        if all(text.find(mark, start, start + limits.cell) < 0 for mark in marks):
            length = min([end for mark in marks if (end := text.find(mark, start)) >= 0], default=len(text)) - start
            limits.check(path, "cell", max(length, limits.cell + 1), f"a cell's length, at character {start:,},")


def check_cells(table: pa.Table, names: Sequence[str], path: Path, limits: InputLimits) -> None:
    """Raise `DataError` where a cell of text is longer than the limit."""
    import pyarrow as pa
    from pyarrow import compute

    for name, column in zip(names, table.itercolumns(), strict=True):
        kind = column.type
        if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind):
            longest = compute.max(compute.binary_length(column)).as_py() or 0
            limits.check(f"{path}: column '{name}'", "cell", longest, "a cell's length in bytes")


def _cells(content: bytes, n_columns: int, layout: Layout, path: Path) -> pa.Table:
    """Cut a file into cells, all of them text."""
    import pyarrow as pa

    whole = min(len(content) + 1, _LARGEST_BLOCK)
    # One block for quoted text: a cell of several lines must not be cut.
    sizes = [whole] if b'"' in content else [_BLOCK, whole]
    for size in sizes:
        ragged: list[Any] = []
        try:
            return _cut(content, n_columns, layout, size, ragged)
        except pa.ArrowInvalid as error:
            if "straddling" in str(error) and size < whole:  # a row is longer than a block
                continue
            raise _no_table(error, ragged, layout, path) from error
    raise AssertionError("the last block holds the whole file")


def _cut(content: bytes, n_columns: int, layout: Layout, block: int, ragged: list[Any]) -> pa.Table:
    """Read cells in blocks of so many bytes; the first row of another length lands in `ragged`."""
    import pyarrow as pa
    from pyarrow import csv

    names = [str(i) for i in range(n_columns)]

    def stop(row: Any) -> str:
        ragged.append(row)
        return "error"

    return csv.read_csv(
        pa.BufferReader(content),
        read_options=csv.ReadOptions(column_names=names, skip_rows=layout.lines, block_size=block),
        parse_options=csv.ParseOptions(
            delimiter=layout.delimiter, newlines_in_values=b'"' in content, invalid_row_handler=stop
        ),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), null_values=sorted(MARKERS), strings_can_be_null=True
        ),
    )


def _no_table(error: Exception, ragged: Sequence[Any], layout: Layout, path: Path) -> DataError:
    """Say why cells could not be cut."""
    if "Empty CSV" in str(error) or "Could not skip" in str(error):  # the header is all there is
        return DataError(f"{path}: the table has no rows; give a file with rows below the column names")
    if not ragged:
        return DataError(f"{path}: the text is no table ({error}); check its quotes and delimiters")
    row = ragged[0]
    return DataError(
        f"{path}: every row needs {row.expected_columns} cells like the header, and one has {row.actual_columns}: "
        f"'{row.text[:80]}'; quote cells that hold the delimiter {layout.delimiter!r}"
    )


def _typed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Turn a text column into numbers if each cell is one; markers with blanks around them become null."""
    import pyarrow as pa
    from pyarrow import compute

    numbers = _numbers(column)
    if numbers is not None:
        return numbers
    trimmed = compute.utf8_trim_whitespace(column)
    if compute.any(compute.not_equal(trimmed, column)).as_py():
        gaps = compute.is_in(trimmed, value_set=pa.array(sorted(MARKERS)))
        column = compute.if_else(gaps, pa.scalar(None, pa.string()), column)
        numbers = _numbers(compute.if_else(gaps, pa.scalar(None, pa.string()), trimmed))
    return column if numbers is None else numbers


def _numbers(column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    import pyarrow as pa
    from pyarrow import compute

    if column.null_count == len(column):
        return None
    whole = True
    try:
        numbers = column.cast(pa.int64())
    except pa.ArrowInvalid:
        whole = False
        try:
            numbers = column.cast(pa.float64())
        except pa.ArrowInvalid:
            return None
    # Missing cells make whole numbers floats in pandas, which round above 15 digits.
    risky = [_LEADING_ZERO] * whole + [_TOO_LONG] * (not whole or column.null_count > 0)
    if any(compute.any(compute.match_substring_regex(column, pattern)).as_py() for pattern in risky):
        return None
    return numbers
