"""A kernel machine that stays fast on large tables, by random Fourier features."""

from typing import Any

from automl.plugin import Encoding, Params, Profile, SklearnFamily, Suggest, Task, real, whole


class Hello(SklearnFamily):
    """Ridge or logistic regression on random Fourier features.

    Source: Rahimi, Recht, "Random features for large-scale kernel machines", NIPS 2007.
    """

    name = "hello"
    wish = Encoding(numeric="quantile", missing="impute", categorical="onehot")

    def portfolio(self, task: Task, profile: Profile) -> list[Params]:
        """Return strong configurations, best first; the first is the default."""
        return [
            {"gamma": 0.03, "components": 300, "penalty": 1.0},
            {"gamma": 0.1, "components": 500, "penalty": 1.0},
            {"gamma": 0.01, "components": 200, "penalty": 0.1},
        ]

    def suggest(self, trial: Suggest, task: Task, profile: Profile) -> Params:
        """Sample the search space, with the names and ranges that the portfolio keeps to."""
        return {
            "gamma": trial.suggest_float("gamma", 1e-3, 1.0, log=True),
            "components": trial.suggest_int("components", 50, 1000, log=True),
            "penalty": trial.suggest_float("penalty", 1e-3, 1e3, log=True),
        }

    def cost(self, params: Params, task: Task, profile: Profile) -> float:
        """Estimate the seconds of one fit on one core: a product of rows and features, repeated for labels."""
        components = whole(params, "components")
        steps = 20 * task.n_outputs if task.is_classification else components / 10
        return 0.02 + 2e-9 * profile.n_rows * components * steps

    def estimator(self, params: Params, task: Task, seed: int, threads: int) -> Any:
        """Return an unfitted estimator; scikit-learn is imported here, so that the plugin itself loads at once."""
        from sklearn.kernel_approximation import RBFSampler
        from sklearn.linear_model import LogisticRegression, Ridge
        from sklearn.pipeline import make_pipeline

        features = RBFSampler(gamma=real(params, "gamma"), n_components=whole(params, "components"), random_state=seed)
        penalty = real(params, "penalty")
        if task.is_classification:
            return make_pipeline(features, LogisticRegression(C=1 / penalty, max_iter=200))
        return make_pipeline(features, Ridge(alpha=penalty))
