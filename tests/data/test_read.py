from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from automl.data.read import read_table, unique_names
from automl.errors import DataError


def written(folder: Path, content: str | bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", " ", "   "])
def test_any_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    lines = [["a", "b", "c"], ["1", "2.5", "3"], ["4", "5.5", "6"]]
    frame = read_table(written(tmp_path, "\n".join(delimiter.join(line) for line in lines), "table.txt"))
    assert frame.to_dict("list") == {"a": [1, 4], "b": [2.5, 5.5], "c": [3, 6]}


def test_commas_in_a_column_of_texts_cut_nothing(tmp_path: Path) -> None:
    frame = read_table(written(tmp_path, "text\nslow, silly and tedious\nfine; really\nwarm, kind, wise\n"))
    assert frame["text"].tolist() == ["slow, silly and tedious", "fine; really", "warm, kind, wise"]


def test_quoted_texts_keep_delimiters_quotes_and_lines(tmp_path: Path) -> None:
    frame = read_table(written(tmp_path, 'text;label\n"a, b, c; ""d""";1\n"two\nlines, here";0\n'))
    assert frame["text"].tolist() == ['a, b, c; "d"', "two\nlines, here"]
    assert frame["label"].tolist() == [1, 0]


def test_decimal_commas_do_not_make_the_comma_a_delimiter(tmp_path: Path) -> None:
    frame = read_table(written(tmp_path, "a;b\n1,5;2\n3,25;4\n"))
    assert frame["a"].tolist() == ["1,5", "3,25"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"])
def test_any_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    frame = read_table(written(tmp_path, "città,n\nTorino è bella,1\nPorto,2\n".encode(encoding)))
    assert frame.columns.tolist() == ["città", "n"]
    assert frame.iloc[0, 0] == "Torino è bella"


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_files_are_told_by_content(tmp_path: Path, pack: object) -> None:
    assert callable(pack)
    assert read_table(written(tmp_path, pack(b"a,b\n1,x\n"), "table.data")).shape == (1, 2)


def test_zip_holds_one_table(tmp_path: Path) -> None:
    path = tmp_path / "t.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("inner.csv", "a,b\n1,x\n")
    assert read_table(path).shape == (1, 2)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("second.csv", "a,b\n")
    with pytest.raises(DataError, match="holds 2 files"):
        read_table(path)


def test_codes_keep_their_zeros_and_long_numbers_their_digits(tmp_path: Path) -> None:
    text = (
        "zip,long,wide,plain,zero\n00501,12345678901234567890,9007199254740993,1,0\n10001,22345678901234567890,,2,0.5\n"
    )
    frame = read_table(written(tmp_path, text))
    assert frame["zip"].tolist() == ["00501", "10001"]
    assert frame["long"].tolist() == ["12345678901234567890", "22345678901234567890"]
    assert frame["wide"].iloc[0] == "9007199254740993"
    assert frame["plain"].dtype == np.int64
    assert frame["zero"].dtype == np.float64


def test_missing_cells_are_blanks_and_the_usual_markers_but_not_none(tmp_path: Path) -> None:
    frame = read_table(written(tmp_path, "n,s\n1,a\n,?\nNA, null \n  ,None\n?,b\n"))
    assert frame["n"].dtype == np.float64
    assert frame["n"].isna().sum() == 4
    assert frame["s"].isna().tolist() == [False, True, True, False, False]


def test_names_become_unique_and_trailing_blank_columns_go(tmp_path: Path) -> None:
    frame = read_table(written(tmp_path, " a ,a,,b,,\n1,2,3,4,,\n5,6,7,8,,\n"))
    assert frame.columns.tolist() == ["a", "a.2", "column 3", "b"]
    assert frame.shape == (2, 4)


def test_unnamed_row_names_and_delimiters_at_line_ends(tmp_path: Path) -> None:
    frame = read_table(written(tmp_path, '"x" "y"\n"r1" 1 2\n"r2" 3 4\n'.replace(" ", ",")))
    assert frame.columns.tolist() == ["column 1", "x", "y"]
    assert read_table(written(tmp_path, "x,y\n1,2,\n3,4,\n")).to_dict("list") == {"x": [1, 3], "y": [2, 4]}


def test_columnar_and_json_formats(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None], "c": [[1.0, 2.0], [3.0]]})
    frame.to_parquet(tmp_path / "t.parquet")
    frame.to_feather(tmp_path / "t.bin")
    frame.to_json(tmp_path / "t.jsonl", orient="records", lines=True)
    frame.to_json(tmp_path / "t.json", orient="records")
    (tmp_path / "columns.json").write_text('{"a": [1, 2], "b": ["x", null], "c": [[1, 2], [3]]}')
    for name in ("t.parquet", "t.bin", "t.jsonl", "t.json", "columns.json"):
        read = read_table(tmp_path / name)
        assert read["a"].tolist() == [1, 2], name
        assert read["b"].isna().tolist() == [False, True], name
        assert list(read["c"][0]) == [1.0, 2.0], name


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (None, "absent.csv", "no such file"),
        (b"", "t.csv", "is empty"),
        (b" \n\n", "t.csv", "is empty"),
        (b"a,b\n", "t.csv", "no rows"),
        (b"a,b\n1,2\n3,4,5\n", "t.csv", "'3,4,5'; quote cells"),
        (b"0.5,7,x".replace(b"x", b"1") + b"\n0.2,8,2\n", "t.csv", "must name the columns"),
        (b"PAR1 nonsense", "t.parquet", "Parquet file cannot be read"),
        (b"a,b\n1,2\n", "t.parquet", "not what its suffix"),
        (b"\x1f\x8b nonsense", "t.csv.gz", "compressed file is damaged"),
        (b"\x00\x01\x02\x03\x00\x05\x00\x00\x09", "t.csv", "neither text nor"),
        (b"PK\x03\x04 sheet", "t.xlsx", "save the sheet as CSV"),
        (b"{not json", "t.json", "not valid JSON"),
        (b"[1, 2]", "t.json", "list of records"),
        (b'{"a": [1], "b": [1, 2]}', "t.json", "different lengths"),
    ],
)
def test_what_cannot_be_read_is_one_clear_error(tmp_path: Path, content: bytes | None, name: str, words: str) -> None:
    path = tmp_path / name if content is None else written(tmp_path, content, name)
    with pytest.raises(DataError, match=words) as caught:
        read_table(path)
    assert name in str(caught.value)


def test_a_folder_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is a folder"):
        read_table(tmp_path)


def test_numbered_headers_are_headers(tmp_path: Path) -> None:
    assert read_table(written(tmp_path, "0,1,2\n5,6,7\n")).columns.tolist() == ["0", "1", "2"]


@given(names=st.lists(st.sampled_from(["a", " a", "a.2", "b", ""]), min_size=1, max_size=8))
def test_unique_names_are_unique(names: list[str]) -> None:
    out = unique_names(names)
    assert len(out) == len(names)
    assert len(set(out)) == len(out)


cells = st.text(st.characters(codec="utf-8", exclude_characters="\r\0", exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=st.lists(st.tuples(cells, cells), min_size=1, max_size=8), delimiter=st.sampled_from([",", ";", "\t"]))
def test_quoted_cells_survive_the_round_trip(tmp_path: Path, rows: list[tuple[str, str]], delimiter: str) -> None:
    frame = pd.DataFrame([(f"x{a}", f"x{b}") for a, b in rows], columns=["first", "second"])
    frame.to_csv(tmp_path / "t.csv", index=False, sep=delimiter, quoting=1)
    pd.testing.assert_frame_equal(read_table(tmp_path / "t.csv"), frame, check_dtype=False)


def test_real_tables_are_read_as_pandas_reads_them(shared: Path) -> None:
    for name in ("adult", "titanic", "ames", "glass"):
        path = shared / "tabular" / f"{name}.csv"
        pd.testing.assert_frame_equal(read_table(path), pd.read_csv(path))


def test_json_nested_beyond_all_bounds_is_one_error_with_broken_characters_too(tmp_path):
    path = tmp_path / "deep.jsonl"
    path.write_text('{"a": "\\ud800", "b": ' + "[" * 900 + "]" * 900 + "}\n")
    with pytest.raises(DataError, match="not valid JSON"):
        read_table(path)
