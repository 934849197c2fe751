from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from automl import testing
from automl.plugin import (
    CLASSIFICATION,
    Features,
    Limits,
    Model,
    Params,
    Part,
    Profile,
    SklearnFamily,
    Suggest,
    Task,
    TaskKind,
)
from automl.plugin.sklearn import SklearnModel
from automl.testing import CHECKS, check_family


class Good(SklearnFamily):
    """A family that conforms; the others break one rule each."""

    name = "good"
    tasks = CLASSIFICATION

    def portfolio(self, task: Task, profile: Profile) -> list[Params]:
        return [{"neighbours": 5}]

    def suggest(self, trial: Suggest, task: Task, profile: Profile) -> Params:
        return {"neighbours": trial.suggest_int("neighbours", 1, 20)}

    def estimator(self, params: Params, task: Task, seed: int, threads: int) -> Any:
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression()


class Wrapped(SklearnModel):
    """The good model with something done to its predictions or to its inputs."""

    def predict(self, features: Features) -> NDArray[np.float64]:
        return self._family.spoil(super().predict(features))  # type: ignore[attr-defined,no-any-return]


class Spoiling(Good):
    def build(self, params: Params, task: Task, seed: int) -> Model:
        return Wrapped(self, params, task, seed)

    def spoil(self, prediction: NDArray[np.float64]) -> NDArray[np.float64]:
        return prediction


class OutOfRange(Good):
    def portfolio(self, task: Task, profile: Profile) -> list[Params]:
        return [{"neighbours": 50}]


class Surplus(Good):
    def portfolio(self, task: Task, profile: Profile) -> list[Params]:
        return [{"neighbours": 5, "weights": "distance"}]


class NotNormal(Spoiling):
    def spoil(self, prediction: NDArray[np.float64]) -> NDArray[np.float64]:
        return prediction * 0.9


class NotFinite(Spoiling):
    def spoil(self, prediction: NDArray[np.float64]) -> NDArray[np.float64]:
        return prediction * np.nan


class Single(Spoiling):
    def spoil(self, prediction: NDArray[np.float64]) -> NDArray[np.float64]:
        return prediction.astype(np.float32)  # type: ignore[return-value]


class Swapped(Spoiling):
    def spoil(self, prediction: NDArray[np.float64]) -> NDArray[np.float64]:
        return prediction[:, ::-1]


class Batchwise(Spoiling):
    def spoil(self, prediction: NDArray[np.float64]) -> NDArray[np.float64]:
        mixed = prediction + prediction.mean(axis=0)
        return mixed / mixed.sum(axis=1, keepdims=True)


class Unseeded(Spoiling):
    def spoil(self, prediction: NDArray[np.float64]) -> NDArray[np.float64]:
        noise = np.random.default_rng().uniform(1, 2, prediction.shape)
        return prediction * noise / (prediction * noise).sum(axis=1, keepdims=True)


class Scribbler(SklearnModel):
    def fit(self, train: Part, score: Part | None, limits: Limits) -> None:
        train.features.matrix[:] = np.nan_to_num(train.features.matrix)
        super().fit(train, score, limits)


class Scribbling(Good):
    def build(self, params: Params, task: Task, seed: int) -> Model:
        return Scribbler(self, params, task, seed)


class FreeLunch(Good):
    def cost(self, params: Params, task: Task, profile: Profile) -> float:
        return 1000 / profile.n_rows


def test_a_good_family_passes() -> None:
    check_family(Good())


@pytest.mark.parametrize(
    ("family", "check"),
    [
        (OutOfRange, "portfolio_in_space"),
        (Surplus, "portfolio_in_space"),
        (NotNormal, "prediction"),
        (NotFinite, "prediction"),
        (Single, "prediction"),
        (Swapped, "beats_dummy"),
        (Batchwise, "single_row"),
        (Unseeded, "seed_reproduces"),
        (Scribbling, "inputs_unchanged"),
        (FreeLunch, "cost"),
    ],
)
def test_a_broken_rule_is_found(family: type[Good], check: str) -> None:
    with pytest.raises((AssertionError, ValueError, UserWarning)):
        getattr(testing, f"check_{check}")(family())


def test_checks_have_names_and_reasons() -> None:
    assert len({check.__name__ for check in CHECKS}) == len(CHECKS) >= 12
    assert all(check.__doc__ for check in CHECKS)


@testing.parametrize_family_checks([Good()])
def test_the_decorator_runs_each_check(family: Good, check: Callable[[Good], None]) -> None:
    assert family.name == "good"
    assert check in CHECKS


def test_the_sample_is_learnable_and_has_gaps() -> None:
    for kind in TaskKind:
        one = testing.sample(kind)
        assert np.isnan(one.table.numeric).any()
        assert not set(one.train_rows) & set(one.score_rows)
        assert replace(one.profile, seconds=time.monotonic()).n_rows == len(one.y)
