"""Inputs that are too large are refused in one sentence, before they are in memory."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from automl.data import unpack
from automl.data.limits import InputLimits
from automl.data.read import read_table
from automl.errors import DataError, OptionError

SMALL = InputLimits(bytes=10_000_000, expansion=50, columns=100, cell=5000)


def test_sizes_are_read_with_their_units():
    limits = InputLimits.of(["bytes=16GB", "columns=200000", "cell=1.5 MB"])
    assert (limits.bytes, limits.columns, limits.cell) == (16 * 10**9, 200_000, 1_500_000)
    assert InputLimits.of([]) == InputLimits()


@pytest.mark.parametrize("wish", ["rows=5", "bytes", "bytes=many", "bytes=-1", "bytes=1e9", ""])
def test_wishes_that_are_no_limits_are_refused(wish):
    with pytest.raises(OptionError, match=r"input limit|--input-limit"):
        InputLimits.of([wish])


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


BOMBS = {
    "one cell": "a,b\n1," + "x" * 200_000 + "\n",
    "one cell, quoted": 'a,b\n1,"' + "x\n" * 100_000 + '"\n',
    "one cell, never closed": 'a,b\n1,"' + "x\n" * 100_000,
    "quotes in quotes": 'a,b\n1,"' + '""' * 100_000 + '"\n',
    "columns": ",".join(f"c{i}" for i in range(1000)) + "\n" + ",".join("1" * 1000) + "\n",
    "semicolons": ";" * 100_000 + "\n1\n",
    "bytes": "a,b\n" + "1,2\n" * 3_000_000,
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_bombs_of_text_are_refused_by_name(tmp_path, bomb):
    with pytest.raises(DataError, match=r"limit|quotes") as caught:
        read_table(write(tmp_path / "t.csv", bomb), SMALL)
    assert len(str(caught.value)) < 500


def test_a_limit_can_be_raised_as_its_message_says(tmp_path):
    path = write(tmp_path / "t.csv", BOMBS["columns"])
    with pytest.raises(DataError) as caught:
        read_table(path, SMALL)
    wish = str(caught.value).rpartition("--input-limit ")[2]
    assert read_table(path, InputLimits.of([wish])).shape == (1, 1000)


def test_wide_tables_within_the_limit_are_read(tmp_path):
    header = ",".join(f"expression of gene {i}" for i in range(20_000))
    path = write(tmp_path / "t.csv", f"{header}\n{','.join(['1.5'] * 20_000)}\n{','.join(['2.5'] * 20_000)}\n")
    assert read_table(path).shape == (2, 20_000)


def test_lines_without_cells_are_no_rows(tmp_path):
    path = write(tmp_path / "t.csv", "\n" * 500_000 + "a,b\n" + "\n" * 500_000 + "1,2\n" + "\r\n" * 500_000)
    assert read_table(path).shape == (1, 2)


def zipped(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("t.csv", content)
    return out.getvalue()


PACK = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zip": zipped}


@pytest.mark.parametrize("suffix", PACK)
def test_bombs_of_compression_are_refused(tmp_path, suffix, monkeypatch):
    monkeypatch.setattr(unpack, "FREE", 1_000_000)
    table = b"a,b\n" + b"1,2\n" * 1_000_000
    path = write(tmp_path / f"t.csv.{suffix}", PACK[suffix](table))
    with pytest.raises(DataError, match="expansion="):
        read_table(path, SMALL)
    with pytest.raises(DataError, match="bytes="):
        read_table(path, InputLimits(bytes=2_000_000, expansion=10**6))
    assert len(read_table(path, InputLimits(expansion=10**6))) == 1_000_000


def test_a_few_bytes_of_parquet_do_not_become_a_large_table(tmp_path):
    path = tmp_path / "t.parquet"
    pd.DataFrame({"a": np.ones(2_000_000), "b": ["x" * 2000] * 2_000_000}).to_parquet(path, compression="zstd")
    assert path.stat().st_size < 1_000_000
    with pytest.raises(DataError, match="bytes="):
        read_table(path, SMALL)
    with pytest.raises(DataError, match="bytes="):
        read_table(path, InputLimits(bytes=100_000_000))


def test_long_cells_and_many_columns_of_columnar_files_are_refused(tmp_path):
    pd.DataFrame({"a": ["x" * 6000]}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(DataError, match=r"column 'a'.*cell="):
        read_table(tmp_path / "t.parquet", SMALL)
    pd.DataFrame({f"c{i}": [1] for i in range(101)}).to_feather(tmp_path / "t.feather")
    with pytest.raises(DataError, match="columns="):
        read_table(tmp_path / "t.feather", SMALL)


def test_columnar_files_keep_their_types_and_index(tmp_path):
    frame = pd.DataFrame(
        {"t": ["a", None, "b"], "n": [1.5, None, 2.0], "c": pd.Categorical(["u", "v", "u"]), "i": [1, 2, 3]},
        index=pd.Index([5, 6, 7], name="key"),
    )
    frame.to_parquet(tmp_path / "t.parquet")
    expected = pd.read_parquet(tmp_path / "t.parquet").reset_index()
    pd.testing.assert_frame_equal(read_table(tmp_path / "t.parquet"), expected)


def test_records_of_their_own_names_are_refused(tmp_path):
    lines = "\n".join(json.dumps({f"name {i}": 1}) for i in range(60_000))
    with pytest.raises(DataError, match="columns="):
        read_table(write(tmp_path / "t.jsonl", lines))


def test_an_endless_device_is_read_no_further_than_the_limit():
    with pytest.raises(DataError, match="bytes="):
        read_table("/dev/zero", SMALL)
