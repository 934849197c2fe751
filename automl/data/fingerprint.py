"""Stable hashes of tables: the same content gives the same text on every machine and version."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl.data.cells import Series, level_text
from automl.data.dates import to_datetimes
from automl.data.numeric import to_numbers
from automl.data.table import Table

_EXACT = 2**53  # whole numbers up to here are exact as floats
_MOSTLY_REPEATED = 0.5
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_BLOCK = 4096  # rows that are hashed at once


def hash_frame(frame: pd.DataFrame) -> str:
    """Hash names and cells of a table, in order; 1 and 1.0 are the same cell, 1 and "1" are not."""
    whole = hashlib.blake2b(digest_size=16)
    for position, name in enumerate(frame.columns):
        whole.update(f"{name}\x1f".encode())
        whole.update(hash_column(frame.iloc[:, position]))
    return whole.hexdigest()


def hash_column(series: Series) -> bytes:
    """Hash the cells of a column in 16 bytes."""
    kind = "O" if isinstance(series.dtype, pd.CategoricalDtype) else getattr(series.dtype, "kind", "O")
    if kind == "M":
        return _digest(b"time", to_datetimes(series))
    if kind in "iufbm":
        numbers = to_numbers(series)
        if kind in "iu" and numbers.size and np.nanmax(np.abs(numbers), initial=0) >= _EXACT:
            return hashlib.blake2b("\x1f".join(map(level_text, series.tolist())).encode(), digest_size=16).digest()
        return _digest(b"number", numbers)
    texts = map(_spelling, series.tolist())
    return hashlib.blake2b("\x1f".join(texts).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _spelling(cell: object) -> str:
    if isinstance(cell, np.ndarray):
        cell = cell.tolist()  # printing a long array leaves out its middle
    return cell if isinstance(cell, str) else level_text(cell)


def _digest(tag: bytes, numbers: NDArray[np.float64]) -> bytes:
    numbers = np.where(np.isnan(numbers), np.nan, numbers) + 0.0  # one NaN, and no negative zero
    return hashlib.blake2b(tag + numbers.astype("<f8").tobytes(), digest_size=16).digest()


def row_clusters(table: Table) -> NDArray[np.int64] | None:
    """Number identical rows alike, (n_rows,) int64; None if no two rows are, or if most are.

    A few duplicates let a model recognise in the score part of a fold what it saw in training. Where most rows repeat,
    the table has few possible rows, and meeting them again is what prediction will be like too.
    """
    return clusters_of(row_hashes(table))


def row_hashes(table: Table) -> NDArray[np.uint64]:
    """Hash rows, (n_rows,) uint64: equal where all cells are, in every table of the same columns on every machine."""
    n_cells = table.numeric.shape[1] + table.datetime.shape[1] + table.categorical.shape[1]
    salts = np.arange(1, n_cells + len(table.raw) + 1, dtype=np.uint64) * _GOLDEN
    hashes = np.zeros(table.n_rows, dtype=np.uint64)
    for start in range(0, table.n_rows, _BLOCK):
        rows = slice(start, start + _BLOCK)
        cells = np.concatenate([table.numeric[rows], table.datetime[rows], table.categorical[rows]], axis=1)
        cells = np.where(np.isnan(cells), np.nan, cells) + 0.0  # one NaN, and no negative zero
        hashes[rows] = _scrambled(cells.view(np.uint64) + salts[:n_cells]).sum(axis=1, dtype=np.uint64)
    for salt, cells in zip(salts[n_cells:], table.raw.values(), strict=True):
        digests = b"".join(map(_digest_cell, cells.tolist()))
        hashes += _scrambled(np.frombuffer(digests, dtype="<u8").astype(np.uint64) + salt)
    return hashes


def _digest_cell(cell: object) -> bytes:
    if cell is None:
        return bytes(8)
    if isinstance(cell, np.ndarray):
        return hashlib.blake2b(f"{cell.shape}".encode() + cell.tobytes(), digest_size=8).digest()
    return hashlib.blake2b(str(cell).encode("utf-8", "surrogatepass"), digest_size=8).digest()


def clusters_of(hashes: NDArray[np.uint64]) -> NDArray[np.int64] | None:
    """Number rows with equal hashes (n_rows,) alike, (n_rows,) int64; None if no two rows are, or if most are."""
    _, clusters = np.unique(hashes, return_inverse=True)
    n_clusters = int(clusters.max(initial=-1)) + 1
    if n_clusters == len(hashes) or n_clusters < _MOSTLY_REPEATED * len(hashes):
        return None
    return clusters.astype(np.int64)


def mix(mixed: NDArray[np.uint64], values: NDArray[np.float64]) -> NDArray[np.uint64]:
    """Fold a column (n_rows,) into a hash for each row (the finaliser of SplitMix64; Steele, Lea & Flood 2014)."""
    return _scrambled(np.ascontiguousarray(values).view(np.uint64) + mixed * np.uint64(31) + _GOLDEN)


def _scrambled(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
