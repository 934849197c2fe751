"""Odd and malformed files, byte for byte, and what becomes of each; `python -m tests.data.bad_inputs` renders them."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import json
import os
import re
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from automl.data.prepare import DataOptions, prepare
from automl.data.quality.inspect import Effort
from automl.data.quality.table import check_table
from automl.data.read import read_table
from automl.data.schema import Role
from automl.errors import AutoMLError

PAGE = Path(__file__).parents[2] / "docs" / "bad-inputs.md"

N = 24
LINES = [f"{i * 37 % 101},{i * i % 7}.5,{'ab'[i % 2]},{'yes' if i * 7 % 5 < 2 else 'no'}" for i in range(N)]
GOOD = "size,price,kind,y\n" + "\n".join(LINES) + "\n"
"""A small table that works; most cases spoil it in one way."""


@dataclass(frozen=True)
class Case:
    """A file: what is odd about it, its name, its bytes (or what makes the file), and the outcome in part."""

    what: str
    file: str
    content: bytes | Callable[[Path], None]
    expected: str
    target: str = "y"


def _frame() -> pd.DataFrame:
    return pd.read_csv(io.StringIO(GOOD))


def _parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    return buffer.getvalue()


def _zip(**members: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in members.items():
            archive.writestr(f"{name}.csv", text)
    return buffer.getvalue()


def _column(values: list[object], name: str = "odd") -> bytes:
    """The good table with one more column, values repeated to its length."""
    frame = _frame()
    frame[name] = [values[i % len(values)] for i in range(len(frame))]
    return frame.to_csv(index=False).encode()


def _target(values: list[object]) -> bytes:
    frame = _frame()
    frame["y"] = [values[i % len(values)] for i in range(len(frame))]
    return frame.to_csv(index=False).encode()


def _wide() -> bytes:
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(N, 10_000)).round(3), columns=[f"c{i}" for i in range(10_000)])
    return frame.assign(y=_frame()["y"]).to_csv(index=False).encode()


def _unreadable(path: Path) -> None:
    path.write_text(GOOD)
    path.chmod(0)


@contextlib.contextmanager
def _bound_by_permissions() -> Iterator[None]:
    """Read as nobody where this process may read everything."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def _folder(path: Path) -> None:
    path.mkdir()


def _absent(path: Path) -> None:
    """There is no file."""


def _looped(path: Path) -> None:
    path.symlink_to(path)


RECORDS = json.dumps(_frame().to_dict("records"))
JSONL = "\n".join(json.dumps(record) for record in _frame().to_dict("records"))
FINE = f"{N} rows; size numeric, price numeric, kind categorical; binary"

CASES: tuple[Case, ...] = (
    Case("a plain table, to compare with", "t.csv", GOOD.encode(), FINE),
    # Files that are none
    Case("no such file", "t.csv", _absent, "there is no such file"),
    Case("a folder instead of a file", "t.csv", _folder, "this is a folder"),
    Case("a link to itself", "t.csv", _looped, "there is no such file"),
    Case("no permission to read", "t.csv", _unreadable, "check its permissions"),
    Case("an empty file", "t.csv", b"", "the file is empty"),
    Case("blank lines alone", "t.csv", b"\n\r\n  \n", "the file is empty"),
    Case("a byte-order mark alone", "t.csv", b"\xef\xbb\xbf", "the file is empty"),
    Case("a header and no rows", "t.csv", b"size,price,kind,y\n", "has no rows"),
    Case("rows and no header", "t.csv", b"1,2.5,3\n4,5.5,6\n", "the first line must name the columns"),
    Case("NUL bytes in the text", "t.csv", GOOD.replace("37", "3\0").encode(), "neither text nor a known table format"),
    Case(
        "random bytes",
        "t.csv",
        bytes(np.random.default_rng(1).integers(0, 256, 400, dtype=np.uint8)),
        "neither text nor a known table format",
    ),
    Case("a PNG image", "t.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(64), "neither text nor a known table format"),
    Case("a spreadsheet", "t.xlsx", b"PK\x03\x04" + bytes(60), "save the sheet as CSV"),
    Case(
        "an HTML page instead of the table",
        "t.csv",
        b"<!doctype html><html><body>404</body></html>",
        "the table has no rows",
    ),
    # Encodings
    Case("a byte-order mark", "t.csv", b"\xef\xbb\xbf" + GOOD.encode(), FINE),
    Case("Latin-1", "t.csv", GOOD.replace("kind", "größe").encode("latin-1"), "größe categorical"),
    Case("UTF-16 with a byte-order mark", "t.csv", GOOD.encode("utf-16"), FINE),
    Case("UTF-16 without one", "t.csv", GOOD.encode("utf-16-le"), FINE),
    Case("UTF-16 that ends in half a character", "t.csv", GOOD.encode("utf-16")[:-1], "not valid utf-16"),
    Case(
        "a character cut by bytes in UTF-8", "t.csv", GOOD.replace("a,", "ä,", 1).encode() + b"1,2.5,\xc3,no\n", "works"
    ),
    # Lines and delimiters
    Case("Windows line ends", "t.csv", GOOD.replace("\n", "\r\n").encode(), FINE),
    Case("old Macintosh line ends", "t.csv", GOOD.replace("\n", "\r").encode(), FINE),
    Case("no line end at the end", "t.csv", GOOD.rstrip().encode(), FINE),
    Case("blank lines before, between and after", "t.csv", ("\n\n" + GOOD.replace("\n", "\n\n") + "\n").encode(), FINE),
    Case("semicolons, and commas in decimals", "t.csv", GOOD.replace(",", ";").replace(".", ",").encode(), FINE),
    Case("tabs", "t.tsv", GOOD.replace(",", "\t").encode(), FINE),
    Case("columns filled up with blanks", "t.txt", GOOD.replace(",", "   ").encode(), "works"),
    Case(
        "delimiters that change halfway",
        "t.csv",
        ("\n".join([*GOOD.split("\n")[:12], *GOOD.replace(",", ";").split("\n")[12:]])).encode(),
        "every row needs 4 cells",
    ),
    Case("a row with a cell too many", "t.csv", (GOOD + "1,2.5,a,no,9\n").encode(), "and one has 5: '1,2.5,a,no,9'"),
    Case("a row with a cell too few", "t.csv", (GOOD + "1,2.5,a\n").encode(), "and one has 3: '1,2.5,a'"),
    Case("a line cut in the middle of the file's end", "t.csv", GOOD[:-8].encode(), "and one has 2"),
    Case("a quote that is never closed", "t.csv", (GOOD + '1,2.5,"a,no\n').encode(), "and one has 3"),
    Case(
        "a quote in the middle of a cell",
        "t.csv",
        _column(['5" pipe', "4 pipe"]).replace(b'"5"" pipe"', b'5" pipe'),
        "works",
    ),
    Case("quoted newlines", "t.csv", _column(["two\nlines", "one line"]), "odd categorical"),
    Case("delimiters at the ends of all lines", "t.csv", GOOD.replace("\n", ",\n").encode(), FINE),
    Case("trailing blank columns", "t.csv", GOOD.replace("\n", ",,,\n").encode(), FINE),
    Case("comments above the header", "t.csv", b"# made by hand\n# in 2024\n" + GOOD.encode(), "unknown target column"),
    # Headers
    Case("blanks around the names", "t.csv", GOOD.replace("size,price", " size , price\t").encode(), FINE),
    Case("duplicate names", "t.csv", GOOD.replace("size,price", "size,size").encode(), "size.2 numeric"),
    Case(
        "names that differ in case alone",
        "t.csv",
        GOOD.replace("size,price", "Size,SIZE").encode(),
        "Size numeric, SIZE numeric",
    ),
    Case("a column without a name", "t.csv", GOOD.replace("size,price", "size,").encode(), "column 2 numeric"),
    Case(
        "quoted names with commas and newlines",
        "t.csv",
        GOOD.replace("size,price", '"size, in\ncm",price').encode(),
        "works",
    ),
    Case("the target's name in another case", "t.csv", GOOD.replace(",y\n", ",Y\n").encode(), "did you mean 'Y'"),
    Case("two columns of the target's name", "t.csv", GOOD.replace("kind,y", "y,y").encode(), "works"),
    # Cells
    Case("infinite values", "t.csv", _column(["inf", "1.5", "-inf", "2.5", "3.5"]), "odd numeric"),
    Case("booleans as strings", "t.csv", _column(["True", "FALSE", "true", "False"]), "odd boolean"),
    Case("yes and no in several cases, with gaps", "t.csv", _column(["Yes", "no", "YES", "", "No"]), "odd boolean"),
    Case("decimal commas in quotes", "t.csv", _column(["1,5", "2,25", "3,125"]), "odd numeric"),
    Case("thousands and currencies", "t.csv", _column(["$1,250.00", "$980.50", "-$3.25"]), "odd numeric"),
    Case("whole numbers beyond 64 bits", "t.csv", _column([10**30 + i for i in range(N)]), "works"),
    Case("numbers beyond a float", "t.csv", _column(["1e999", "2", "3.5", "4"]), "odd numeric"),
    Case("codes with leading zeros", "t.csv", _column(["00501", "10001", "02134"]), "odd categorical"),
    Case("dates in three formats", "t.csv", _column(["2024-01-31", "31.01.2024", "Jan 31, 2024"]), "works"),
    Case(
        "impossible dates among good ones",
        "t.csv",
        _column([*[f"2024-01-{i:02}" for i in range(1, 24)], "0000-00-00"]),
        "odd datetime",
    ),
    Case("numbers and words in one column", "t.csv", _column(["1", "two", "3.5", "four"]), "odd categorical"),
    Case(
        "every spelling of a gap", "t.csv", _column(["NA", "N/A", "null", "?", "", "NaN", "1.5", "2.5"]), "odd numeric"
    ),
    Case("a column with no value", "t.csv", _column([""]), "odd ignored (has no value in any row)"),
    Case("a column with one value", "t.csv", _column(["same"]), "odd ignored (has the same value in every row"),
    Case("100% distinct categories", "t.csv", _column([f"k{i:03}x" for i in range(N)]), "odd ignored (identifies rows"),
    Case("one cell of a megabyte", "t.csv", _column(["x" * 2**20, *"abc"]), "works"),
    Case(
        "emoji, right-to-left text and control characters",
        "t.csv",
        _column(["😀", "שלום", "\x07bell", "naïve"]),
        "odd categorical",
    ),
    Case("formulas that spreadsheets would run", "t.csv", _column(["=1+1", "@SUM(A1)", "+cmd"]), "odd categorical"),
    # Sizes
    Case("one row", "t.csv", GOOD.split("\n", 2)[0].encode() + b"\n1,2.5,a,no\n", "at least 5 rows must have a value"),
    Case("four rows", "t.csv", "\n".join(GOOD.split("\n")[:5]).encode(), "at least 5 rows must have a value"),
    Case("one column, the target", "t.csv", b"y\n" + b"yes\nno\n" * 9, "no input column is left"),
    Case("no useful column", "t.csv", b"a,y\n" + b"1,yes\n1,no\n" * 9, "no input column is left"),
    Case("10,000 columns", "t.csv", _wide(), "10,000 numeric"),
    # Targets
    Case("a target with gaps", "t.csv", _target(["yes", "no", "", "yes"]), "18 rows"),
    Case("a target without any value", "t.csv", _target([""]), "at least 5 rows must have a value, and 0 of 24 do"),
    Case("a target of one value", "t.csv", _target(["yes"]), "one class, so nothing to learn"),
    Case("a target with one row of a class", "t.csv", _target([*["yes", "no"] * 11, "yes", "maybe"]), "multiclass"),
    Case("a target with as many labels as rows", "t.csv", _target([f"label {i}" for i in range(N)]), "works"),
    Case("an infinite target", "t.csv", _target([*[f"{i}.5" for i in range(N - 1)], "inf"]), "is no finite number"),
    Case("a numeric target with a word in it", "t.csv", _target([*[f"{i}.5" for i in range(N - 1)], "many"]), "works"),
    # Other formats
    Case("Parquet", "t.parquet", _parquet(_frame()), FINE),
    Case("Parquet that was cut off", "t.parquet", _parquet(_frame())[:-40], "the Parquet file cannot be read"),
    Case("CSV with the suffix of Parquet", "t.parquet", GOOD.encode(), "not what its suffix .parquet says"),
    Case("JSON records", "t.json", RECORDS.encode(), FINE),
    Case("JSON lines", "t.jsonl", JSONL.encode(), FINE),
    Case("JSON lines, the last one cut", "t.jsonl", JSONL[:-9].encode(), "not valid JSON"),
    Case("JSON of another shape", "t.json", b'{"data": {"rows": 3}}', "unknown target column"),
    Case(
        "JSON records with lists and objects in cells",
        "t.jsonl",
        b"\n".join(b'{"a": {"b": %d}, "c": [%d, 2], "y": "%s"}' % (i, i, b"yn"[i % 2 : i % 2 + 1]) for i in range(N)),
        "works",
    ),
    Case(
        "JSON with NaN and huge numbers",
        "t.jsonl",
        b"\n".join(
            b'{"a": %s, "y": "%s"}' % ((b"NaN", b"1e400", b"12.5", b"7.25")[i % 4], b"yn"[i // 2 % 2 : i // 2 % 2 + 1])
            for i in range(N)
        ),
        "works",
    ),
    Case("JSON nested a thousand times", "t.json", b"[" * 100_000, "not valid JSON"),
    # Compression
    Case("gzip", "t.csv.gz", gzip.compress(GOOD.encode()), FINE),
    Case("gzip that was cut off", "t.csv.gz", gzip.compress(GOOD.encode())[:-20], "the compressed file is damaged"),
    Case("bzip2 that was cut off", "t.csv.bz2", bz2.compress(GOOD.encode())[:-9], "the compressed file is damaged"),
    Case("a zip with one table", "t.zip", _zip(a=GOOD), FINE),
    Case("a zip with two tables", "t.zip", _zip(a=GOOD, b=GOOD), "holds 2 files"),
    Case("a zip with nothing in it", "t.zip", _zip(), "holds 0 files"),
)


def outcome(case: Case, folder: Path) -> str:
    """Write the file, read it, check it and prepare it as `automl fit` does; say in a line what became of it."""
    path = folder / case.file
    if callable(case.content):
        case.content(path)
    else:
        path.write_bytes(case.content)
    folder.chmod(0o755)
    try:
        with _bound_by_permissions() if case.content is _unreadable else contextlib.nullcontext():
            frame = read_table(path)
        if case.target in frame.columns:
            check_table(frame, case.target, effort=Effort(seconds=2.0))
        dataset = prepare(frame, DataOptions(case.target, folder=folder)).dataset
    except AutoMLError as error:
        return f"error: {error}".replace(str(path), case.file).replace(str(folder), "").strip()
    columns = dataset.schema.columns
    if len(columns) > 12:
        told = ", ".join(f"{sum(c.role is role for c in columns):,} {role}" for role in Role if dataset.schema.of(role))
    else:
        told = ", ".join(
            f"{c.name} {'ignored (' + c.reason + ')' if c.role is Role.DROPPED else c.role.value}" for c in columns
        )
    return f"works: {dataset.n_rows} rows; {told}; {dataset.task.kind.value}"


_REASON = re.compile(r" \((?:[^()]|\([^()]*\))*\)(?=; )")
"""What a library says about a damaged file, in words that change with its version."""


def render(outcomes: list[str]) -> str:
    """The table of all cases in Markdown."""
    lines = [
        "# What becomes of odd and malformed files",
        "",
        "Each file is read, checked and prepared as `automl fit` does it. Made by `python -m tests.data.bad_inputs`;",
        "the bytes are in `tests/data/bad_inputs.py`, and a test holds this page in step with them.",
        "",
        "| the file | what becomes of it |",
        "| --- | --- |",
    ]
    for case, text in zip(CASES, outcomes, strict=True):
        told = _REASON.sub("", text) if text.startswith("error") else text
        safe = " ".join(told.split()).replace("|", "\\|").replace("<", "&lt;")
        printable = "".join(c if c.isprintable() else "·" for c in safe)
        lines.append(f"| {case.what} | {printable if len(printable) <= 260 else printable[:259] + '…'} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the page."""
    outcomes = []
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            outcomes.append(outcome(case, Path(folder)))
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(render(outcomes), encoding="utf-8")
    sys.stdout.write(f"{len(outcomes)} outcomes in {PAGE}\n")


if __name__ == "__main__":
    main()
