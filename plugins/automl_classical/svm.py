"""Support vector machines with a radial kernel, calibrated on decisions about rows that they did not learn from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.plugin import (
    Encoding,
    FamilyDeclined,
    Params,
    Profile,
    Suggest,
    Task,
    TrialFailed,
    learned_portfolio,
    real,
    width,
)
from automl_classical.arrays import ArrayFamily, Lesson
from automl_classical.inner import INNER_FOLDS, inner_folds
from automl_classical.kernel import KernelModel, Machine
from automl_classical.logistic import Penalty, fit_softmax
from automl_classical.params import scaled_encoding, suggest_shared

_MOST_ROWS = 6000
_CACHE = 300  # MB of kernel rows that libsvm may keep
_STEPS = 200_000  # an end for what does not converge, such as a large C on noise


class SupportVectors(ArrayFamily):
    """SVC and SVR.

    Probabilities are a multinomial logistic regression on the decision values of three inner folds (Platt 1999, with a
    weight a class): scikit-learn's own `probability=True` does five and adds a random element.
    """

    name = "svm"
    state = KernelModel

    def accepts(self, task: Task, profile: Profile) -> None:
        """Decline where the kernel of all pairs of rows takes too long."""
        if profile.n_rows > _MOST_ROWS:
            raise FamilyDeclined(f"a kernel of {profile.n_rows} rows is too slow (limit {_MOST_ROWS})")

    def portfolio(self, task: Task, profile: Profile) -> list[Params]:
        """A usual machine first, then a smoother one and one on half of the columns."""
        entries: list[Params] = [
            {"numeric": "standard", "keep": 1.0, "C": 1.0, "gamma": 1.0},
            {"numeric": "quantile", "keep": 1.0, "C": 10.0, "gamma": 0.3},
            {"numeric": "quantile", "keep": 0.5, "C": 1.0, "gamma": 1.0},
        ]
        return learned_portfolio(self, entries, task, profile)

    def suggest(self, trial: Suggest, task: Task, profile: Profile) -> Params:
        """Sample the search space; `gamma` is in units of one over the number of features."""
        return {
            **suggest_shared(trial),
            "C": trial.suggest_float("C", 0.03, 100.0, log=True),
            "gamma": trial.suggest_float("gamma", 0.03, 10.0, log=True),
        }

    def encoding(self, params: Params, task: Task) -> Encoding:
        """Standardised numbers or quantiles, one-hot levels."""
        return scaled_encoding(params)

    def cost(self, params: Params, task: Task, profile: Profile) -> float:
        """Estimate: pairs of rows times columns, more for a large C."""
        pair = 2e-8 + 2e-10 * width(profile, onehot=True) * real(params, "keep")
        tight = 1 + 0.5 * max(0.0, float(np.log10(real(params, "C"))))
        return 0.02 + profile.n_rows**2 * pair * tight * (2.3 if task.is_classification else 1)

    def learn(self, lesson: Lesson) -> KernelModel:
        """Fit a machine on all rows, and for labels the calibration of its decisions."""
        X = lesson.matrix.astype(np.float64)
        gamma = real(lesson.params, "gamma") / X.shape[1]
        if not lesson.task.is_classification:
            return _regress(lesson, X, gamma)
        classes, y = lesson.classes
        coef, intercept = self._calibrate(lesson, X, y, gamma)
        machine = _classify(X, y, lesson.weights, (real(lesson.params, "C"), gamma))
        return KernelModel(machine, coef, intercept, classes, lesson.task.n_outputs)

    def _calibrate(
        self, lesson: Lesson, X: NDArray[np.float64], y: NDArray[np.int64], gamma: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the logistic weights that turn decisions (n_rows, n_seen) into log-probabilities."""
        n_classes = int(y.max()) + 1
        decisions = np.zeros((len(y), n_classes))
        fold = inner_folds(y, lesson.seed)
        for index in range(INNER_FOLDS):
            if lesson.limits.seconds_left <= 0:
                raise TrialFailed("no time left to calibrate the support vector machine")
            train, score = fold != index, fold == index
            seen, inner = np.unique(y[train], return_inverse=True)
            if len(seen) < 2 or not score.any():
                continue
            machine = _classify(X[train], inner, lesson.weights[train], (real(lesson.params, "C"), gamma))
            values = machine.values(X[score])
            block = np.repeat(values.min(axis=1, keepdims=True), n_classes, axis=1)  # unseen: as unlikely as the least
            block[:, seen] = values
            decisions[score] = block
        # One pseudo-row's worth of penalty: enough where the inner decisions separate the labels perfectly.
        return fit_softmax(decisions, y, lesson.weights, Penalty(1 / len(y)), lesson.limits)


def _classify(X: NDArray[Any], y: NDArray[Any], weights: NDArray[Any], settings: tuple[float, float]) -> Machine:
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import SVC

    C, gamma = settings
    # Unused without `probability`, yet drawn from NumPy's global generator where it is not given.
    machine = SVC(C=C, gamma=gamma, cache_size=_CACHE, max_iter=_STEPS, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        machine.fit(X, y, sample_weight=weights)
    return Machine.of(machine, gamma)


def _regress(lesson: Lesson, X: NDArray[np.float64], gamma: float) -> KernelModel:
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import SVR

    y = lesson.train.y.astype(np.float64)
    shift, scale = float(y.mean()), float(y.std()) or 1.0
    machine = SVR(C=real(lesson.params, "C"), gamma=gamma, epsilon=0.05, cache_size=_CACHE, max_iter=_STEPS)
    machine.random_state = 0  # as above; SVR has it, but not as an argument
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        machine.fit(X, (y - shift) / scale, sample_weight=lesson.weights)
    nothing = np.empty(0, dtype=np.int64)
    return KernelModel(Machine.of(machine, gamma), np.empty((0, 0)), np.empty(0), nothing, 1, scale, shift)
