import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from automl.features.encoding import Encoding
from automl.features.numbers import fit_numbers

MODES = ["raw", "standard", "quantile", "robust"]


def fit(values, **wish):
    values = np.asarray(values, dtype=float)
    return fit_numbers(Encoding(**wish), values, tuple("abcdefghij"[: values.shape[1]]))


def test_raw_passes_numbers_and_turns_infinities_into_gaps():
    values = np.array([[1.0, np.inf], [np.nan, -np.inf], [1e300, 2.0]])
    out = fit(values).transform(values)
    np.testing.assert_array_equal(np.isnan(out), [[False, True], [True, True], [False, False]])
    assert out[2, 0] == np.finfo(np.float32).max


def test_standard_has_zero_mean_and_unit_variance_in_training():
    values = np.random.default_rng(0).normal(5, [2, 1e6], (200, 2))
    out = fit(values, numeric="standard").transform(values)
    np.testing.assert_allclose(out.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(out.std(axis=0), 1, atol=1e-5)


def test_robust_is_the_documented_formula():
    values = np.array([[0.0], [1.0], [2.0], [3.0], [1000.0]])
    z = (values - 2) / 2
    out = fit(values, numeric="robust").transform(values)
    np.testing.assert_allclose(out, z / np.sqrt(1 + (z / 3) ** 2), rtol=1e-6)
    assert np.abs(out).max() < 3


def test_robust_falls_back_to_half_the_range_where_most_values_are_equal():
    values = np.array([[0.0]] * 9 + [[4.0]])
    np.testing.assert_allclose(fit(values, numeric="robust").transform([[2.0]]), 1 / np.sqrt(1 + 1 / 9), rtol=1e-6)


def test_quantile_is_normal_whatever_the_shape():
    values = np.exp(3 * np.random.default_rng(0).normal(size=(5000, 1)))
    out = fit(values, numeric="quantile").transform(values)
    np.testing.assert_allclose(np.quantile(out, [0.16, 0.5, 0.84]), [-1, 0, 1], atol=0.05)
    assert np.all(np.diff(out[np.argsort(values[:, 0]), 0]) >= 0)


def test_quantile_holds_its_ends_and_gives_ties_the_middle():
    encoder = fit([[0.0], [1.0], [1.0], [2.0]], numeric="quantile")
    low, tied, high, beyond = encoder.transform(np.array([[-9.0], [1.0], [2.0], [9.0]]))[:, 0]
    assert tied == pytest.approx(0, abs=1e-7)
    assert high == beyond == pytest.approx(-low)


def test_imputing_fills_the_median_and_marks_each_pattern_of_gaps_once():
    values = np.array([[1.0, np.nan, np.nan, 7.0], [2.0, 5.0, 5.0, 8.0], [9.0, 6.0, 6.0, 9.0]])
    encoder = fit(values, missing="impute")
    assert encoder.names == ("a", "b", "c", "d", "b is missing")
    np.testing.assert_array_equal(encoder.transform(np.full((1, 4), np.nan)), [[2, 5.5, 5.5, 8, 1]])


@pytest.mark.parametrize("numeric", MODES[1:])
def test_constants_are_left_out(numeric):
    values = np.array([[1.0, 3.0, np.nan, 4.0], [2.0, 3.0, np.nan, np.nan]])
    assert fit(values, numeric=numeric, missing="impute").names == ("a", "d is missing")
    kept = fit(values, numeric=numeric)
    assert kept.names == ("a", "d")
    np.testing.assert_array_equal(kept.transform(values)[:, 1], [0, np.nan])


def test_raw_keeps_constants():
    assert fit([[1.0], [1.0]]).names == ("a",)
    assert fit([[1.0], [1.0]], missing="impute").names == ("a",)


@pytest.mark.parametrize("numeric", MODES)
def test_one_row_is_encoded_as_it_is_among_many(numeric):
    rng = np.random.default_rng(1)
    values = rng.normal(size=(3000, 4))
    values[:, 3] = rng.integers(0, 5, 3000)
    encoder = fit(values, numeric=numeric)
    together = encoder.transform(values)
    for row in (0, 17, 2999):
        np.testing.assert_array_equal(encoder.transform(values[row : row + 1])[0], together[row])


cells = st.one_of(st.floats(allow_nan=True, allow_infinity=True), st.sampled_from([0.0, 1.0, 5e-324, 1e-170, 1e308]))


@settings(max_examples=60, deadline=None)
@given(
    numeric=st.sampled_from(MODES),
    train=arrays(np.float64, st.tuples(st.integers(1, 8), st.just(3)), elements=cells),
    score=arrays(np.float64, (20, 3), elements=cells),
)
def test_imputed_numbers_are_always_finite(numeric, train, score):
    encoder = fit(train, numeric=numeric, missing="impute")
    for part in (train, score):
        out = encoder.transform(part)
        assert out.dtype == np.float32
        assert out.shape == (len(part), len(encoder.names))
        assert np.isfinite(out).all()
