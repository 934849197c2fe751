"""Tables, mutated: each is read, given a schema, and turned into a dataset."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import random
import zipfile
from pathlib import Path

import pandas as pd

from automl.data.prepare import DataOptions, prepare
from automl.data.quality.inspect import Effort
from automl.data.quality.page import page
from automl.data.quality.table import check_table
from automl.data.read import read_table
from automl.errors import AutoMLError
from benchmarks.fuzz import artifacts, mutate

READ = "read"
CELLS = (
    "=cmd|' /C calc'!A0",
    "+1",
    "@SUM(A1)",
    "1e999",
    "-1e-999",
    "9" * 400,
    "1,5",
    "1.234,56",
    "NaN",
    "inf",
    "-inf",
    "NULL",
    "None",
    "",
    " ",
    "\t",
    '"',
    '""',
    '"a',
    'a"b"c',
    "a\nb",
    "a\r\nb",
    "\0",
    "\ufffe",
    "\u202e",
    "é" * 50,
    "x" * 300_000,
    "2024-13-45",
    "0000-00-00",
    "9999-12-31",
    "1677-01-01",
    "2024-02-30T25:61:61Z",
    "[1,2,3,4]",
    "[" * 500,
    "1 2 3 4 5 nan",
    "true",
    "TRUE",
    "0x1F",
    "007",
    "1_000",
    "½",
    "٣",
    "../../../etc/passwd",
    "/dev/zero",
    "picture.png",
    "http://example.com/a.jpg",
    "{}",
)
SUFFIXES = (".csv", ".tsv", ".csv.gz", ".csv.bz2", ".csv.xz", ".csv.zip", ".json", ".jsonl", ".parquet", ".feather", "")


def build(folder: Path, seed: int) -> Path:
    """Write a mutated table into a folder; return its path."""
    rng = random.Random(seed)
    suffix = rng.choices(SUFFIXES, weights=[10, 4, 2, 1, 1, 2, 3, 3, 3, 2, 1])[0]
    path = folder / f"table{suffix}"
    frame = artifacts.table(rng.choices([0, 1, 2, 12, 60], weights=[1, 1, 1, 3, 24])[0], seed % 50)
    frame = (
        frame.iloc[:, : rng.choice([1, 2, 8, 8, 8])].join(frame[["label"]], rsuffix="!")
        if rng.random() < 0.3
        else frame
    )
    frame, rough = _hostile_cells(frame, rng), rng.random() < 0.4
    text = suffix not in {".parquet", ".feather", ".json", ".jsonl"}
    if text:
        separator = rng.choice([",", ",", ";", "\t", "|", " "])
        content = frame.to_csv(index=False, sep=separator)
        content = _mutated_rows(content, separator, rng) if rough else content
        encoding = rng.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "latin-1"])
        data = content.encode(encoding, "replace" if encoding.startswith(("cp", "lat")) else "surrogatepass")
    elif suffix == ".json":
        tree = json.loads(frame.to_json(orient=rng.choice(["records", "columns", "list"][:2])))
        data = mutate.dumps(mutate.mutated_tree(tree, rng) if rough else tree).encode()
    elif suffix == ".jsonl":
        lines = frame.to_json(orient="records", lines=True).splitlines()
        records = [json.loads(line) for line in lines if line]
        data = "\n".join(mutate.dumps(mutate.mutated_tree(one, rng) if rough else one) for one in records).encode()
    else:
        buffer = io.BytesIO()
        frame.to_parquet(buffer) if suffix == ".parquet" else frame.to_feather(buffer)
        data = buffer.getvalue()
    if rng.random() < (0.3 if text else 0.5) * rough:
        data = mutate.mutated_bytes(data, rng)
    if rng.random() < 0.01:
        data += b"\0" * 5_000_000
    packed = _packed(data, path)
    path.write_bytes(mutate.mutated_bytes(packed, rng) if packed is not data and rng.random() < 0.2 else packed)
    return path


def _hostile_cells(frame: pd.DataFrame, rng: random.Random) -> pd.DataFrame:
    """Put cells that nobody expects into some columns, and names into some headings."""
    frame = frame.copy()
    for _ in range(rng.choice([0, 1, 1, 2, 4]) if len(frame) else 0):
        name = rng.choice(list(frame.columns))
        column = frame[name].astype(object).map(str)
        chosen = rng.sample(CELLS, rng.choice([1, 2, 5]))
        share = rng.choice([0.02, 0.2, 1.0])
        frame[name] = [rng.choice(chosen) if rng.random() < share else cell for cell in column]
    if rng.random() < 0.1:
        at = rng.randrange(len(frame.columns))
        frame.columns = [rng.choice(CELLS) if i == at else name for i, name in enumerate(frame.columns)]
    return frame


def _mutated_rows(text: str, separator: str, rng: random.Random) -> str:
    rows = [line.split(separator) for line in text.split("\n")]
    for _ in range(rng.choice([0, 1, 1, 2, 5, 30])):
        row = rng.choice(rows)
        at = rng.randrange(len(row))
        match rng.randrange(9):
            case 0 | 1 | 2 | 3:
                row[at] = rng.choice(CELLS)
            case 4:
                row.insert(at, rng.choice(CELLS))
            case 5:
                del row[at]
                row += [""] * (not row)
            case 6:
                for other in rows[1:]:
                    if at < len(other):
                        other[at] = rng.choice(CELLS) if rng.random() < 0.5 else row[at]
            case 7:
                rows[0], rows[-1] = rows[-1], rows[0]
            case 8:
                rows += [row] * rng.choice([1, 50])
    return "\n".join(separator.join(row) for row in rows)


def _packed(data: bytes, path: Path) -> bytes:
    match path.suffix:
        case ".gz":
            return gzip.compress(data, 1)
        case ".bz2":
            return bz2.compress(data, 1)
        case ".xz":
            return lzma.compress(data, preset=0)
        case ".zip":
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("table.csv", data)
            return buffer.getvalue()
    return data


def target_of(frame: pd.DataFrame, seed: int) -> str:
    """Return a column to predict."""
    names = [str(name) for name in frame.columns]
    return "label" if "label" in names and seed % 3 else names[seed % len(names)]


def try_out(path: Path, seed: int) -> str:
    """Read a table, check it and prepare it; `AutoMLError` is the only error that it may raise."""
    try:
        frame = read_table(path)
        target = target_of(frame, seed)
        report = check_table(frame, target if seed % 2 else None, effort=Effort(3.0))
        page(report)
        prepare(frame, DataOptions(target, folder=path.parent, test_size=0.2))
    except AutoMLError:
        return artifacts.REFUSED
    return READ
