"""The engine finds the plugin, searches its family, and its models survive being saved."""

import numpy as np
import pandas as pd
from automl import AutoMLRegressor, load


def test_the_family_is_searched_saved_and_loaded(tmp_path):
    random = np.random.default_rng(0)
    X = pd.DataFrame({"size": random.normal(size=120), "colour": random.choice(["red", "blue"], 120)})
    y = np.sin(X["size"]) + (X["colour"] == "red")

    model = AutoMLRegressor(families=["hello"], trials=2, random_state=0, n_jobs=1)
    model.fit(X, y)
    assert set(model.leaderboard_["family"]) == {"hello"}

    model.save(tmp_path / "model")
    loaded = load(tmp_path / "model").predict_frame(X)["prediction"]
    np.testing.assert_allclose(loaded, model.predict(X), rtol=1e-6)
