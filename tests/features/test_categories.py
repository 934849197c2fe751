import numpy as np
import pytest

from automl.features.blocks import beside
from automl.features.categories import fit_categories
from automl.features.encoding import Encoding
from automl.features.target import Target

Y = np.array([0, 1, 0, 1, 1, 0])


def fit(table, task, y=Y, **wish):
    fitted = fit_categories(Encoding(**wish), table, Target(y, task), 0)
    return None if fitted is None else (fitted[0], beside(fitted[1], table.n_rows))


def encoded(encoder, table):
    return beside(encoder.columns(table), table.n_rows)


@pytest.fixture
def table(make_table):
    """Levels 0, 2 (rare), 3 and a gap are in training; 1 and 4 are not."""
    return make_table(categorical={"c": [0, 0, 3, 3, 2, -1], "two": [1, 2, 1, 2, 1, 2]}, levels=(5, 3))


def test_codes_number_known_levels_and_keep_zero_for_the_rest(table, make_table, binary):
    encoder, train = fit(table, binary)
    np.testing.assert_array_equal(train[:, 0], [1, 1, 3, 3, 2, 0])
    np.testing.assert_array_equal(encoder.cardinalities, [4, 3])
    later = make_table(categorical={"c": [1, 4, -2, 99, -7], "two": [0, 0, 0, 0, 2]}, levels=(5, 3))
    np.testing.assert_array_equal(encoded(encoder, later), [[0, 0], [0, 0], [0, 0], [0, 0], [0, 2]])


def test_rare_levels_share_zero(table, binary):
    encoder, train = fit(table, binary, min_count=2)
    np.testing.assert_array_equal(train[:, 0], [1, 1, 2, 2, 0, 0])
    np.testing.assert_array_equal(encoder.cardinalities, [3, 3])


def test_onehot_gives_two_levels_one_column(table, make_table, binary):
    encoder, train = fit(table, binary, categorical="onehot")
    assert encoder.names == ("c=0", "c=2", "c=3", "two=2")
    np.testing.assert_array_equal(train[0], [1, 0, 0, -1])
    np.testing.assert_array_equal(train[5], [0, 0, 0, 1])
    later = make_table(categorical={"c": [1], "two": [0]}, levels=(5, 3))
    np.testing.assert_array_equal(encoded(encoder, later), [[0, 0, 0, 0]])
    assert not encoder.uses_target


def test_onehot_turns_to_the_target_above_its_limit(table, binary):
    encoder, _ = fit(table, binary, categorical="onehot", onehot_max=2)
    assert encoder.names == ("two=2", "c target")
    assert encoder.uses_target


def test_ordered_ranks_by_training_rows(make_table, binary):
    table = make_table(categorical={"c": [2, 2, 2, 0, 1, 1]}, levels=(4,))
    _, train = fit(table, binary, categorical="ordered")
    np.testing.assert_array_equal(train[:, 0], [3, 3, 3, 1, 2, 2])
    _, scaled = fit(table, binary, categorical="ordered", numeric="standard")
    np.testing.assert_allclose(scaled[:, 0], train[:, 0] / 3, rtol=1e-6)


@pytest.mark.parametrize("categorical", ["onehot", "ordered", "target"])
def test_constant_columns_are_left_out(make_table, binary, categorical):
    table = make_table(categorical={"c": [1] * 6, "gone": [-1] * 6}, levels=(2, 4))
    fitted = fit(table, binary, categorical=categorical)
    assert fitted is None or fitted[1].shape == (6, 0)


def test_columns_without_levels_are_encoded(make_table, binary):
    table = make_table(categorical={"c": [-1] * 6, "d": [0, 1, 2, 0, 1, 2]}, levels=(0, 3))
    for categorical in ("codes", "onehot", "ordered", "target"):
        encoder, train = fit(table, binary, categorical=categorical)
        assert train.shape == (6, len(encoder.names))
        np.testing.assert_array_equal(encoder.cardinalities > 0, [categorical == "codes"] * len(encoder.names))


def test_drop_encodes_nothing(table, binary):
    assert fit(table, binary, categorical="drop") is None
