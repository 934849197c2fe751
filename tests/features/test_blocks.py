import numpy as np
import pytest

from automl.features import blocks
from automl.features.encoding import Encoding
from automl.features.fitting import fit_transform


def test_blocks_are_put_together_in_order(monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", 3)
    rows = np.arange(10.0)[:, None]
    seen = []

    def transform(part):
        seen.append(len(part))
        return part * [1, 2]

    out = blocks.in_blocks(transform, rows, 2, np.float64)
    np.testing.assert_array_equal(out, rows * [1, 2])
    assert seen == [3, 3, 3, 1]


RICH = Encoding("quantile", "impute", "onehot", dates="cyclic", target_means=True)


@pytest.mark.parametrize("wish", [Encoding(), RICH])
def test_an_encoding_is_the_same_in_blocks(mixed, binary, monkeypatch, wish):
    table, y = mixed(200)
    encoder, features = fit_transform(wish, table, y, binary, None, 0)
    whole = encoder.transform(table)
    monkeypatch.setattr(blocks, "BLOCK", 17)
    again, in_parts = fit_transform(wish, table, y, binary, None, 0)
    np.testing.assert_array_equal(features.matrix, in_parts.matrix)
    np.testing.assert_allclose(whole.matrix, again.transform(table).matrix, rtol=1e-6)


def test_columns_are_made_block_by_block_and_put_side_by_side(monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", 4)
    numbers = np.arange(10, dtype=np.float32)[:, None]
    squares = blocks.Columns(2, lambda rows: np.concatenate([numbers[rows] ** 2, -numbers[rows]], axis=1))
    out = blocks.beside([blocks.Columns.given(numbers), squares], 10)
    np.testing.assert_array_equal(out, np.concatenate([numbers, numbers**2, -numbers], axis=1))
    assert blocks.beside([], 3).shape == (3, 0)


def test_a_part_of_a_table_is_a_view_of_its_rows(mixed):
    table, _ = mixed(20)
    part = table.part(slice(5, 9))
    assert part.n_rows == 4
    assert np.shares_memory(part.numeric, table.numeric)
    np.testing.assert_array_equal(part.categorical, table.take(np.arange(5, 9)).categorical)
    assert table.part(slice(0, 20)) is table
