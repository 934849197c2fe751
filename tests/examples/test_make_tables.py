"""The committed example tables are what the script writes, byte for byte."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_tables", EXAMPLES / "make_tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_tables_are_reproduced(script: ModuleType, tmp_path: Path) -> None:
    script.main([str(tmp_path)])
    written = sorted(path.name for path in tmp_path.iterdir())
    assert written == sorted(path.name for path in EXAMPLES.glob("*.csv"))
    for name in written:
        assert (tmp_path / name).read_bytes() == (EXAMPLES / name).read_bytes(), name


@pytest.mark.parametrize(
    ("name", "rows", "target", "labels"),
    [
        ("breast_cancer", 569, "diagnosis", {"malignant", "benign"}),
        ("wine", 178, "cultivar", {"cultivar_1", "cultivar_2", "cultivar_3"}),
        ("diabetes", 442, "progression", None),
    ],
)
def test_the_tables_are_readable(name: str, rows: int, target: str, labels: set[str] | None) -> None:
    table = pd.read_csv(EXAMPLES / f"{name}.csv")
    assert len(table) == rows
    assert all(column.isidentifier() for column in table.columns)
    assert labels is None or set(table[target]) == labels


def test_every_table_names_its_source() -> None:
    notes = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    for path in EXAMPLES.glob("*.csv"):
        row = next(line for line in notes.splitlines() if path.name in line)
        assert "doi.org" in row
