from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from automl import storage
from automl.cli.main import run
from automl.data.apply import to_table
from automl.data.infer import Wishes, infer_schema
from automl.data.prepare import DataOptions, prepare
from automl.data.quality.inspect import Effort
from automl.data.repairs import (
    REPAIRS,
    Blank,
    Clip,
    Dates,
    OnlyNumbers,
    Repair,
    Respell,
    Units,
    known_repairs,
    spelling_key,
    split_unit,
)
from automl.data.schema import Role, Schema
from automl.errors import OptionError
from tests.conftest import ROOT

UNITS = Units((("kg", 1.0), ("g", 0.001), ("", 1.0)))
TOWNS = Respell((("OSLO", "Oslo"), ("oslo", "Oslo"), ("Begren", "Bergen")))


@pytest.mark.parametrize(
    ("repair", "cells", "expected"),
    [
        (Blank(("-999", "unknown")), [1.0, -999.0, np.nan], [1.0, None, None]),
        (Blank(("-999", "unknown")), ["red", " unknown ", None], ["red", None, None]),
        (OnlyNumbers(), ["1.5", "low", None], [1.5, None, None]),
        (TOWNS, ["OSLO", "oSlO ", "Begren", "Rome", None], ["Oslo", "Oslo", "Bergen", "Rome", None]),
        (UNITS, ["1.5 kg", "250g", "3", "2 m", "heavy", None], [1.5, 0.25, 3.0, None, None, None]),
        (Clip(0.0, 10.0), [-5.0, 3.0, 99.0, np.nan], [0.0, 3.0, 10.0, None]),
        (Dates(("iso", "%d.%m.%Y")), ["2024-01-31", "31.01.2024", "soon"], [pd.Timestamp("2024-01-31")] * 2 + [None]),
    ],
)
@pytest.mark.parametrize("times", [1, 40], ids=["few cells", "many cells"])
def test_cells_are_mended_and_the_column_stays_as_it_is(
    repair: Repair, cells: list[object], expected: list[object], times: int
) -> None:
    series = pd.Series(cells * times, name="a", index=range(5, 5 + len(cells) * times))
    before = series.copy()
    mended = repair.apply(series)
    pd.testing.assert_series_equal(series, before)
    assert mended.index.equals(series.index)
    assert [None if pd.isna(cell) else cell for cell in mended.tolist()] == expected * times


def test_every_repair_is_stored_with_the_schema(tmp_path: Path) -> None:
    frame = pd.DataFrame({"w": ["1 kg", "200 g", "3 kg"], "c": ["Oslo", "OSLO", "Bergen"], "n": [1.0, -9.0, 80.0]})
    repairs: dict[str, tuple[Repair, ...]] = {"w": (UNITS,), "c": (TOWNS,), "n": (Blank(("-9",)), Clip(0.0, 50.0))}
    schema = infer_schema(frame, Wishes(repairs=repairs))
    assert schema["w"].role is Role.NUMERIC
    assert schema["c"].levels == ("Bergen", "Oslo")
    storage.save(schema, tmp_path / "schema.npz")
    again = storage.load(tmp_path / "schema.npz", Schema)
    assert again == schema
    assert again != infer_schema(frame)
    np.testing.assert_array_equal(to_table(frame, again).numeric, [[1.0, 1.0], [0.2, np.nan], [3.0, 50.0]])
    one = to_table(pd.DataFrame({"n": [70.0], "c": ["oslo"], "w": ["900 g"]}), again)  # unseen spelling, other order
    assert one.numeric.tolist() == [[0.9, 50.0]]
    assert one.categorical.tolist() == [[1]]


def test_names_of_repairs() -> None:
    assert known_repairs(["units", "typos", "units"]) == ("units", "typos")
    with pytest.raises(OptionError, match="did you mean 'spellings'"):
        known_repairs(["spelling"])


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("New York", "new-york", True),
        ("St. Ives", "st ives", True),
        ("Corp.", "corp", True),
        ("A+", "A-", False),
        ("C", "C#", False),
        ("<=50K", ">50K", False),
        ("3.5", "35", False),
        ("1-2", "12", False),
    ],
)
def test_which_spellings_are_one(first: str, second: str, same: bool) -> None:
    assert (spelling_key(first) == spelling_key(second)) is same


@pytest.mark.parametrize(
    ("cell", "parts"),
    [
        ("12 kg", ("12", "kg")),
        ("-1,250.5GB", ("-1,250.5", "gb")),
        ("1e3 Hz", ("1e3", "hz")),
        ("37.5 °C", ("37.5", "°c")),
        ("90 km/h", ("90", "km/h")),
        ("1248 cm3", ("1248", "cm3")),
        ("12", ("12", "")),
        ("kg", None),
        ("12 kg of it", None),
        ("x" * 100, None),
    ],
)
def test_numbers_are_told_from_their_units(cell: str, parts: tuple[str, str] | None) -> None:
    assert split_unit(cell) == parts


def dirty(n: int = 120) -> pd.DataFrame:
    random = np.random.default_rng(0)
    x = random.normal(size=n)
    y = np.where(x + random.normal(size=n) > 0, "yes", "no")
    frame = pd.DataFrame({"x": x, "twin": np.exp(x), "told": np.where(y == "yes", "p", "q"), "y": y})
    return pd.concat([frame, frame.iloc[:5]], ignore_index=True)


def test_rows_and_columns_are_left_out_by_request_only() -> None:
    plain = prepare(dirty(), DataOptions("y"))
    assert plain.dataset.n_rows == 125
    assert len(plain.dataset.schema.used) == 3
    named = prepare(dirty(), DataOptions("y", repair=("duplicates", "correlated", "leaks"), check=Effort()))
    assert named.dataset.n_rows == 120
    assert named.rows.tolist() == list(range(120))
    assert [c.name for c in named.dataset.schema.used] == ["x"]
    assert "repair 'leaks'" in named.dataset.schema["told"].reason
    assert any("5 rows are left out because they repeat" in note for note in named.notes)
    assert named.quality is not None
    fixed = {f.check for f in named.quality.findings if f.fixed}
    assert {"leaks", "correlated"} <= fixed
    kept = prepare(dirty(), DataOptions("y", repair=("leaks",), keep=["told"]))
    assert [c.name for c in kept.dataset.schema.used] == ["x", "twin", "told"]


def test_a_second_fit_of_what_was_repaired_has_nothing_left_to_repair() -> None:
    frame = dirty().assign(weight=[f"{i % 50 + 1} kg" for i in range(125)])
    options = DataOptions("y", repair=tuple(REPAIRS), check=Effort())
    dataset = prepare(frame, options).dataset
    assert dataset.schema["weight"].role is Role.NUMERIC
    assert dataset.table.numeric[:3, -1].tolist() == [1.0, 2.0, 3.0]


def test_the_documents_and_the_help_name_every_repair(capsys: pytest.CaptureFixture[str]) -> None:
    table = (
        (ROOT / "docs" / "data.md").read_text(encoding="utf-8").split("| repair | what it does |")[1].split("\n\n")[0]
    )
    assert re.findall(r"^\| `([a-z]+)`", table, re.MULTILINE) == list(REPAIRS)
    run(["fit", "--help"])
    shown = capsys.readouterr().out
    assert all(name in shown for name in REPAIRS)
