import numpy as np

from automl.features.encoding import Encoding
from automl.features.numbers import fit_numbers


def test_skewed_columns_become_logarithms_and_others_do_not():
    rng = np.random.default_rng(0)
    values = np.column_stack([np.exp(2 * rng.normal(size=500)), rng.normal(size=500), -np.exp(rng.normal(size=500))])
    values[3, 0] = np.nan
    encoder = fit_numbers(Encoding("log", "impute"), values, ("skewed", "normal", "negative"))
    assert (encoder.unit > 0).tolist() == [True, False, True]
    out = encoder.transform(values)[:, :3]
    assert np.isfinite(out).all()
    np.testing.assert_allclose(out.mean(axis=0), 0, atol=0.02)
    np.testing.assert_allclose(out.std(axis=0), 1, atol=0.02)
    assert (np.argsort(out[4:, 0]) == np.argsort(values[4:, 0])).all()
    huge = encoder.transform(np.array([[1e308, -1e308, np.inf]]))
    assert np.isfinite(huge).all()
