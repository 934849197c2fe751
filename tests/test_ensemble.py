"""Choosing and weighting members."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from automl.data.folds import Fold
from automl.ensemble import (
    BACKBONE_ROW_SECONDS,
    ROW_BUDGETS,
    ROW_SECONDS,
    Library,
    build_ensemble,
    combine,
    worthwhile_ensemble,
)
from automl.metrics import metric_named
from automl.search.shortlist import shortlist
from automl.task import Task, TaskKind


def library(predictions: np.ndarray, y: np.ndarray, metric: str, families: list[str] | None = None) -> Library:
    judge = metric_named(metric)
    folds = [Fold(i, np.arange(0), rows) for i, rows in enumerate(np.array_split(np.arange(len(y)), 5))]
    kind = TaskKind.REGRESSION if predictions.shape[2] == 1 else TaskKind.BINARY
    labels = () if kind is TaskKind.REGRESSION else tuple(range(predictions.shape[2]))
    return Library(
        predictions=predictions.astype(np.float32),
        errors=[judge.error(y, p, None) for p in predictions],
        families=families or ["f"] * len(predictions),
        y=y,
        weights=None,
        folds=folds,
        metric=judge,
        task=Task(kind, "y", labels),
    )


def noisy_values(n_models: int, n_rows: int = 400, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    y = random.normal(size=n_rows)
    return y[None, :, None] + random.normal(size=(n_models, n_rows, 1)), y


def probabilities(positive: np.ndarray) -> np.ndarray:
    return np.stack([1 - positive, positive], axis=-1)


def test_independent_errors_are_averaged_away():
    predictions, y = noisy_values(8)
    ensemble = build_ensemble(library(predictions, y, "rmse"))
    assert ensemble.weights.sum() == pytest.approx(1)
    assert np.count_nonzero(ensemble.weights) >= 5
    assert ensemble.error < 0.6 * min(library(predictions, y, "rmse").errors)


def test_a_perfect_model_stands_alone():
    predictions, y = noisy_values(4)
    predictions[2] = y[:, None]
    np.testing.assert_array_equal(build_ensemble(library(predictions, y, "rmse")).weights, [0, 0, 1, 0])


def test_a_single_trial_is_the_ensemble():
    predictions, y = noisy_values(1)
    ensemble = build_ensemble(library(predictions, y, "rmse"))
    assert ensemble.weights.tolist() == [1.0]
    assert ensemble.error == pytest.approx(ensemble.honest_error)


@pytest.mark.parametrize("metric", ["log_loss", "roc_auc", "accuracy"])
def test_on_noise_the_honest_error_stays_at_chance(metric):
    random = np.random.default_rng(3)
    y = random.integers(0, 2, 600)
    lib = library(probabilities(random.uniform(0.3, 0.7, (60, 600))), y, metric)
    ensemble = build_ensemble(lib)
    chance = lib.metric.error(y, np.full((600, 2), 0.5), None)
    assert ensemble.error < chance  # what choosing among sixty made of luck
    assert ensemble.honest_error > chance - 0.03


def test_log_loss_shortcut_equals_the_metric():
    random = np.random.default_rng(4)
    y = random.integers(0, 2, 300)
    lib = library(probabilities(np.clip(y + random.normal(0, 0.4, (5, 300)), 0.05, 0.95)), y, "log_loss")
    ensemble = build_ensemble(lib)
    assert ensemble.error == pytest.approx(lib.metric.error(y, combine(lib.predictions, ensemble.weights), None))


def test_the_shortlist_holds_the_best_of_every_family():
    errors = [*np.linspace(0.1, 0.2, 80), 0.9]
    chosen = shortlist(errors, ["a"] * 80 + ["b"])
    assert chosen[0] == 0
    assert 80 in chosen
    assert len(chosen) < 81


def test_members_stay_within_the_cost_of_a_row():
    predictions, y = noisy_values(8)
    lib = replace(library(predictions, y, "rmse"), row_seconds=[ROW_SECONDS / 3.5] * 8)
    assert np.count_nonzero(build_ensemble(lib).weights) == 3
    dear = replace(lib, row_seconds=[1.0, *[2.0] * 7])
    assert np.flatnonzero(build_ensemble(dear).weights).tolist() == [0]


@pytest.mark.parametrize(("skill", "dear"), [(0.5, True), (0.999, False)])
def test_a_dearer_ensemble_must_be_better_by_far(skill, dear):
    rng = np.random.default_rng(0)
    y = rng.normal(size=400)
    noise = rng.normal(size=(2, 400))
    predictions = np.stack([y + noise[0], y + skill * noise[0] + 1e-3 * noise[1]])[..., None].astype(np.float32)
    lib = replace(library(predictions, y, "rmse"), row_seconds=[0.5 * ROW_SECONDS, 3 * ROW_SECONDS])
    weights = worthwhile_ensemble(lib).weights
    assert bool(weights[1]) == dear
    untimed = worthwhile_ensemble(replace(lib, row_seconds=())).weights
    assert untimed[1] == 1


@pytest.mark.parametrize(("skill", "chosen"), [(0.5, 2), (0.899, 1)])
def test_each_dearer_budget_must_be_worth_it_again(skill, chosen):
    rng = np.random.default_rng(0)
    y, noise = rng.normal(size=(2, 400))
    predictions = np.stack([y + share * noise for share in (1.0, 0.9, skill)])[..., None].astype(np.float32)
    costs = [0.5 * ROW_SECONDS, 3 * ROW_SECONDS, 0.8 * BACKBONE_ROW_SECONDS]
    lib = replace(library(predictions, y, "rmse"), row_seconds=costs)
    assert np.flatnonzero(worthwhile_ensemble(lib).weights).tolist() == [1]
    slow = worthwhile_ensemble(lib, budgets=(*ROW_BUDGETS, BACKBONE_ROW_SECONDS)).weights
    assert np.flatnonzero(slow).tolist() == [chosen]
