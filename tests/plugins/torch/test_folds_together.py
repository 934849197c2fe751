"""Folds that are trained as one program learn what each would alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from automl.plugin import CrossFit, CrossFitJob, FoldModel, ScorePieces, Task
from automl_torch import session, tabular
from automl_torch.mlp import MLP
from automl_torch.tabm import TabM
from automl_torch.tabular import TabularNetworkFamily
from tests.plugins.torch.synthetic import BINARY, MULTICLASS, VALUES, default, job, one_fold, part

FAMILIES = [MLP(), TabM()]
EVERY = np.arange(7)


@pytest.fixture(autouse=True)
def exact_products(monkeypatch: pytest.MonkeyPatch) -> None:
    """Products in float32 on every processor: in bfloat16 the last bits depend on how columns are padded."""
    monkeypatch.setattr(session, "has_matrix_units", lambda: False)


def assert_alone_equals_together(family: TabularNetworkFamily, together: CrossFitJob, tolerance: float) -> None:
    fit = family.cross_fit(together)
    for position in range(len(together.folds)):
        alone = family.cross_fit(one_fold(together, position))
        scale = max(1.0, float(np.ptp(alone.predictions[0])))
        np.testing.assert_allclose(fit.predictions[position], alone.predictions[0], atol=tolerance * scale)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
@pytest.mark.parametrize("task", [BINARY, MULTICLASS, VALUES], ids=lambda task: task.kind.value)
def test_a_fold_learns_the_same_alone(family: TabularNetworkFamily, task: Task) -> None:
    params = default(family, task, epochs=3, dropout=0.0)
    assert_alone_equals_together(family, job(task, params, part(task)), 2e-4)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_fold_learns_the_same_beside_folds_with_other_columns(family: TabularNetworkFamily) -> None:
    params = default(family, VALUES, epochs=3, dropout=0.0)
    columns = {0: EVERY[1:], 1: EVERY[:5], 2: np.array([0, 4, 6])}
    assert_alone_equals_together(family, job(VALUES, params, part(VALUES), columns=columns), 2e-4)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_fold_without_a_label_learns_beside_the_others(family: TabularNetworkFamily) -> None:
    whole = part(MULTICLASS)
    lacking = np.flatnonzero(whole.y == 2)
    together = job(MULTICLASS, default(family, MULTICLASS, epochs=3, dropout=0.0), whole)
    first = together.folds[0]
    folds = (replace(first, train=np.setdiff1d(first.train, lacking)), *together.folds[1:])
    fit = family.cross_fit(replace(together, folds=folds))
    assert (fit.predictions[0][:, 2] == 0).all()
    assert (fit.predictions[1][:, 2] > 0).all()
    alone = family.cross_fit(replace(together, folds=folds[:1]))
    # The epochs of the shorter fold are as long as those of the others only beside them.
    assert alone.predictions[0].shape == fit.predictions[0].shape


def test_a_fold_with_nothing_to_learn_gets_the_prior() -> None:
    whole = part(BINARY)
    together = job(BINARY, default(MLP(), BINARY, epochs=2), whole, columns={1: EVERY[:0]})
    first = together.folds[0]
    folds = (replace(first, train=first.train[whole.y[first.train] == 1]), *together.folds[1:])
    fit = MLP().cross_fit(replace(together, folds=folds))
    assert (fit.predictions[0] == [0.0, 1.0]).all()
    assert np.ptp(fit.predictions[1], axis=0).max() == 0
    assert np.ptp(fit.predictions[2], axis=0).max() > 0


def test_some_of_the_folds_can_be_asked_for() -> None:
    whole = job(BINARY, default(MLP(), BINARY, epochs=2), part(BINARY))
    fit = MLP().cross_fit(replace(whole, folds=whole.folds[2:]))
    assert [model.fold for model in fit.models] == [2, 3]
    assert [len(p) for p in fit.predictions] == [50, 50]


def test_large_folds_train_in_groups_and_a_bad_trial_stops_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tabular, "_TOGETHER", 300)  # two folds of 150 training rows
    asked: list[int] = []

    def refuse(position: int, prediction: object) -> bool:
        asked.append(position)
        return False

    whole = job(BINARY, default(MLP(), BINARY, epochs=2), part(BINARY))
    fit = MLP().cross_fit(replace(whole, go_on=refuse))
    assert asked == [0, 1]
    assert len(fit.predictions) == len(fit.models) == 2
    assert fit.stopped
    going_on = MLP().cross_fit(whole)
    assert len(going_on.predictions) == 4
    assert not going_on.stopped


@pytest.mark.parametrize("task", [BINARY, MULTICLASS, VALUES], ids=lambda task: task.kind.value)
def test_predictions_are_those_of_the_models_returned_where_there_is_one_epoch(task: Task) -> None:
    whole = job(task, default(MLP(), task, epochs=1), part(task))
    fit = MLP().cross_fit(whole)
    for prediction, item, fold in zip(fit.predictions, fit.models, whole.folds, strict=True):
        score = whole.encode(fold, item.encoding)[1]
        scale = max(1.0, float(np.ptp(prediction)))
        np.testing.assert_array_equal(prediction, item.model.predict_score(score.features))
        np.testing.assert_allclose(prediction, item.model.predict(score.features), atol=1e-5 * scale)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
@pytest.mark.parametrize("task", [BINARY, VALUES], ids=lambda task: task.kind.value)
def test_a_row_has_no_say_in_the_epoch_that_predicts_it(family: TabularNetworkFamily, task: Task) -> None:
    """However much a piece of the score part weighs, it is predicted the same."""
    whole = part(task, 160)
    whole = replace(whole, y=np.random.default_rng(0).permutation(whole.y))
    together = job(task, default(family, task, epochs=12, dropout=0.0), whole, n_folds=2)
    fold = together.folds[0]
    piece = ScorePieces(whole.y[fold.score], together.seed + fold.index).of_row == 0
    weights = np.ones(160)
    weights[fold.score[piece]] = 20.0
    found = []
    for weighted in (replace(whole, weights=np.ones(160)), replace(whole, weights=weights)):
        alone = one_fold(job(task, together.params, weighted, n_folds=2), 0)
        found.append(family.cross_fit(alone).predictions[0])
    np.testing.assert_array_equal(found[1][piece], found[0][piece])


def test_on_noise_out_of_fold_predictions_are_no_better_than_the_mean() -> None:
    whole = part(VALUES, 400)
    whole = replace(whole, y=np.random.default_rng(99).normal(size=400))
    together = job(VALUES, default(MLP(), VALUES, epochs=20), whole)
    fit = MLP().cross_fit(together)
    honest, kept = [], []
    for prediction, item, fold in zip(fit.predictions, fit.models, together.folds, strict=True):
        own = item.model.predict(together.encode(fold, item.encoding)[1].features)
        for errors, found in ((honest, prediction), (kept, own)):
            errors.append(((found[:, 0] - whole.y[fold.score]) ** 2).mean())
    assert np.mean(honest) > np.mean(kept)
    assert np.mean(honest) > whole.y.var()


def test_the_same_seed_gives_the_same_bits() -> None:
    whole = job(BINARY, default(MLP(), BINARY, epochs=3), part(BINARY))
    first, second = MLP().cross_fit(whole), MLP().cross_fit(whole)
    other = MLP().cross_fit(replace(whole, seed=4))
    assert _bits(first) == _bits(second)
    assert _bits(first) != _bits(other)


def _bits(fit: CrossFit) -> list[bytes]:
    models: tuple[FoldModel, ...] = fit.models
    assert len(models) == len(fit.predictions)
    return [prediction.tobytes() for prediction in fit.predictions]
