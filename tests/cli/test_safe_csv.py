"""CSV for spreadsheets."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.cli.safe_csv import escaped, escaped_cell


@pytest.mark.parametrize("cell", ["=1+1", "+cmd|' /C calc'!A0", "-x", "@SUM(A1)", "\tx", "\r=1", "-inf", "=", "-"])
def test_cells_that_a_spreadsheet_would_run_are_escaped(cell):
    assert escaped_cell(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "plain", "-1", "+1.5e3", "-.5", "1=1", " =1", "a@b"])
def test_other_cells_stay(cell):
    assert escaped_cell(cell) == cell


@given(st.text())
def test_no_escaped_text_starts_a_formula(cell):
    written = escaped_cell(cell)
    assert written.lstrip("'") == cell.lstrip("'")
    assert not written.startswith(("=", "@", "\t", "\r"))


def test_a_table_keeps_its_numbers():
    frame = pd.DataFrame({"=a": ["=1", None, "x"], "n": [-1.5, 2.0, 3.0]})
    out = escaped(frame)
    assert list(out.columns) == ["'=a", "n"]
    assert out["'=a"].tolist()[0] == "'=1"
    assert out["n"].tolist() == [-1.5, 2.0, 3.0]
    assert list(frame.columns) == ["=a", "n"]
