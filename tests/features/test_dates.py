import numpy as np
import pytest

from automl.features.dates import fit_dates


def seconds(*texts):
    return np.array([[np.nan if t is None else np.datetime64(t, "s").astype(float)] for t in texts])


def test_parts_of_a_date():
    train = seconds("2023-12-30T23:10", "2024-02-29T06:00", None, "1969-07-20T20:17")
    encoder = fit_dates(train, ("d",))
    out = dict(zip(encoder.names, encoder.transform(train).T, strict=True))
    np.testing.assert_array_equal(out["d year"], [2023, 2024, np.nan, 1969])
    np.testing.assert_array_equal(out["d month"], [12, 2, np.nan, 7])
    np.testing.assert_array_equal(out["d day"], [30, 29, np.nan, 20])
    np.testing.assert_array_equal(out["d weekday"], [5, 3, np.nan, 6])
    np.testing.assert_array_equal(out["d hour"], [23, 6, np.nan, 20])
    np.testing.assert_array_equal(out["d day of year"], [364, 60, np.nan, 201])
    np.testing.assert_array_equal(out["d weekend"], [1, 0, np.nan, 1])
    assert out["d days since newest"][1] == 0
    assert out["d days since newest"][0] == pytest.approx((train[0, 0] - train[1, 0]) / 86400)


def test_parts_that_do_not_vary_are_left_out():
    encoder = fit_dates(seconds("2024-01-01", "2024-01-02", "2024-01-03"), ("d",))
    assert encoder.names == ("d day", "d weekday", "d day of year", "d days since newest")


def test_differences_between_columns():
    start = seconds("2024-01-01", "2024-02-01", None)
    end = start + np.array([[60], [90], [0]])
    encoder = fit_dates(np.hstack([start, end]), ("a", "b"))
    out = encoder.transform(np.array([[0.0, 5.0], [np.nan, 5.0]]))
    np.testing.assert_array_equal(out[:, encoder.names.index("a minus b")], [-5, np.nan])


def test_many_columns_do_not_make_a_flood_of_pairs():
    times = np.random.default_rng(0).uniform(0, 1e9, (20, 30))
    encoder = fit_dates(times, tuple(f"d{i}" for i in range(30)))
    assert sum(" minus " in name for name in encoder.names) == 15


def test_nothing_to_learn_and_absurd_times():
    assert fit_dates(np.full((3, 1), np.nan), ("d",)) is None
    encoder = fit_dates(np.array([[0.0], [1e9], [np.inf]]), ("d",))
    assert np.isnan(encoder.transform(np.array([[np.inf], [-np.inf]]))).all()
    assert np.isfinite(encoder.transform(np.array([[1e300], [-1e300]]))).all()


def test_cycles_close():
    encoder = fit_dates(
        seconds("2024-01-01T00:00", "2024-07-03T18:00", "2024-12-31T23:59:59", None), ("d",), cyclic=True
    )
    out = dict(
        zip(encoder.names, encoder.transform(seconds("2024-01-01T06:00", "2024-01-08T06:00", None)).T, strict=True)
    )
    np.testing.assert_allclose(out["d sine of day"], [1, 1, np.nan], atol=1e-9)
    np.testing.assert_allclose(out["d cosine of day"], [0, 0, np.nan], atol=1e-9)
    assert out["d sine of week"][0] == pytest.approx(out["d sine of week"][1])
    ends = encoder.transform(seconds("2023-12-31T23:59:59", "2024-01-01T00:00"))
    at = encoder.names.index("d cosine of year")
    assert ends[0, at] == pytest.approx(ends[1, at], abs=1e-3)
