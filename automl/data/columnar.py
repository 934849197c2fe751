"""Parquet and Feather files to a DataFrame: their sizes are checked before their columns are unpacked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl.data.delimited import check_cells
from automl.data.limits import InputLimits
from automl.errors import AutoMLError, DataError

if TYPE_CHECKING:
    import pandas as pd

_CELL = 8  # bytes of a number in memory


def read_columnar(content: bytes, path: Path, name: str, limits: InputLimits) -> pd.DataFrame:
    """Read a file of this format ("Parquet" or "Feather"); `path` is named in errors."""
    try:
        table = _parquet(content, path, limits) if name == "Parquet" else _feather(content, path, limits)
        check_cells(table, table.column_names, path, limits)
        frame: pd.DataFrame = table.to_pandas()
    except AutoMLError:
        raise
    except Exception as error:  # a damaged or planted file may fail in any way while it is parsed
        raise DataError(f"{path}: the {name} file cannot be read ({error!r:.300}); write it again") from error
    named = any(name is not None for name in frame.index.names)
    return frame.reset_index(drop=not named)


def _parquet(content: bytes, path: Path, limits: InputLimits) -> Any:
    import pyarrow as pa
    from pyarrow import parquet

    schema = parquet.read_schema(pa.BufferReader(content))
    texts = [field.name for field in schema if _is_text(field.type)]
    # Texts stay numbers of distinct values until their total length is known: one long cell may stand in many rows.
    file = parquet.ParquetFile(pa.BufferReader(content), read_dictionary=texts)
    limits.check(path, "columns", file.metadata.num_columns, "the number of columns")
    cells = file.metadata.num_columns * file.metadata.num_rows
    limits.check(path, "bytes", _CELL * cells, "the size of its table in bytes")
    table = file.read()
    table.validate(full=True)
    _check_size(table, path, limits)
    for position, field in enumerate(schema):
        if field.name in texts:
            table = table.set_column(position, field, table.column(position).cast(field.type))
    return table


def _feather(content: bytes, path: Path, limits: InputLimits) -> Any:
    import pyarrow as pa
    from pyarrow import feather

    table = feather.read_table(pa.BufferReader(content), memory_map=False)
    table.validate(full=True)
    _check_size(table, path, limits)
    return table


def _check_size(table: Any, path: Path, limits: InputLimits) -> None:
    """Refuse a table that would have too many bytes with all its texts written out."""
    import pyarrow as pa
    from pyarrow import compute

    limits.check(path, "columns", table.num_columns, "the number of columns")
    total = table.nbytes
    for column in table.itercolumns():
        if not pa.types.is_dictionary(column.type) or not _is_text(column.type.value_type):
            continue
        for chunk in column.chunks:
            lengths = compute.binary_length(chunk.dictionary)
            total += compute.sum(lengths.take(chunk.indices)).as_py() or 0
    limits.check(path, "bytes", total, "the size of its table in bytes")


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind))
