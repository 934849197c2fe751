import numpy as np
import pandas as pd
import pytest

from benchmarks.encoding_cost import ENCODINGS, million, seconds
from benchmarks.encodings import Cell, report
from benchmarks.noise import add_noise


def test_a_lower_error_is_a_gain_in_percent():
    cell = Cell("t", "linear", "bins", (1.0, 1.0), (0.9, 0.8))
    assert cell.gain == (pytest.approx(15.0), pytest.approx(5.0))


def test_the_report_has_a_table_for_each_model():
    cells = [Cell("a", "linear", "bins", (1.0, 1.0), (0.9, 0.8)), Cell("b", "catboost", "all", (2.0, 2.0), (2.0, 2.2))]
    text = report(cells)
    assert "## linear" in text
    assert "| a | 1 | +15.00 ±5.00 |" in text
    assert "| mean | | -5.00 |" in text


def test_noise_columns_are_added_to_every_part(tmp_path):
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for n, path in enumerate(paths, start=2):
        pd.DataFrame({"x": ["01"] * n, "y": ["no"] * n}).to_csv(path, index=False)
    add_noise(paths, 3)
    for n, path in enumerate(paths, start=2):
        table = pd.read_csv(path, dtype=str)
        assert list(table) == ["x", "y", "noise_0", "noise_1", "noise_2"]
        assert table["x"].tolist() == ["01"] * n
        assert np.isfinite(table["noise_2"].astype(float)).all()


def test_every_encoding_of_the_cost_table_encodes():
    table = million(400)
    assert all(seconds(table, encoding) > 0 for encoding in ENCODINGS.values())
