"""Random convolutions, summaries, ridge with rows left out, and the family over them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from automl.plugin import ArtifactError, FamilyDeclined, Features, Limits, Part, Profile, Role, TrialFailed, load, save
from automl_classical import convolutions
from automl_classical.convolutions import convolve
from automl_classical.hydra import learn_hydra
from automl_classical.loo_ridge import loo_ridge
from automl_classical.minirocket import N_KERNELS, learn_minirocket
from automl_classical.rocket import Rocket
from automl_classical.rocket_model import Shape, learn_kernels
from automl_classical.series import FEWEST_STEPS, learn_series
from automl_classical.series_summary import N_NUMBERS, summarise
from automl_classical.tempering import temper_for
from tests.plugins.cells import BINARY, VALUES, cells, check_alone_and_saved, fitted, hits, parts, profile


def waves(n_rows: int = 5, n_channels: int = 2, n_steps: int = 40) -> Any:
    return np.random.default_rng(0).normal(size=(n_rows, n_channels, n_steps)).astype(np.float32)


def features(**columns: list[Any]) -> Features:
    raw = {
        name: cells([None if cell is None else np.array(cell, np.float32) for cell in column])
        for name, column in columns.items()
    }
    n_rows = len(next(iter(raw.values())))
    return Features(np.empty((n_rows, 0), np.float32), (), np.empty(0, np.int64), raw)


@pytest.mark.parametrize("dilation", [1, 3])
def test_convolutions_are_sums_over_steps_apart(dilation: int) -> None:
    values, weights = waves(), np.random.default_rng(1).normal(size=(4, 18)).astype(np.float32)
    found = convolve(values, weights, dilation)
    for kernel in range(4):
        one = weights[kernel].reshape(2, 9)
        for step in (0, 5, 20, 39):
            at = [step + (tap - 4) * dilation for tap in range(9)]
            inside = [(tap, where) for tap, where in enumerate(at) if 0 <= where < 40]
            expected = sum(one[c, tap] * values[:, c, where] for c in range(2) for tap, where in inside)
            np.testing.assert_allclose(found[:, kernel, step], expected, atol=1e-5)


def test_minirocket_is_the_share_of_steps_above_a_bias(monkeypatch: pytest.MonkeyPatch) -> None:
    values = waves(7, 1, 50)
    banks = learn_minirocket(values, 1000, np.random.default_rng(0))
    assert sum(bank.n_features for bank in banks) == 1000 // N_KERNELS * N_KERNELS
    assert {bank.dilation for bank in banks} == {1, 2, 3, 4, 5, 6}
    for bank in banks:
        assert np.unique(bank.weights).tolist() == [-1, 2]
        answers, margin = convolve(values, bank.weights, bank.dilation), 4 * bank.dilation
        for kernel in (0, 1, 83):
            seen = answers[:, kernel] if kernel % 2 != bank.whole else answers[:, kernel, margin:-margin]
            expected = (seen[:, None, :] > bank.biases[kernel][:, None]).mean(axis=2)
            first = kernel * bank.biases.shape[1]
            found = bank.pool(values)[:, first : first + bank.biases.shape[1]]
            np.testing.assert_allclose(found, expected, atol=1e-6)
    whole = banks[0].pool(values)
    monkeypatch.setattr(convolutions, "_BLOCK", 1)
    np.testing.assert_array_equal(banks[0].pool(values), whole)


def test_hydra_counts_the_kernels_that_win_and_lose() -> None:
    values = waves(3, 2, 40)
    bank = learn_hydra(2, 40, 2, np.random.default_rng(0))[1]
    found = bank.pool(values) ** 2
    answers = convolve(values, bank.weights, 2).reshape(3, 2, 8, 40)
    for group in range(2):
        wins, losses = np.zeros((3, 8)), np.zeros((3, 8))
        for row in range(3):
            for step in range(40):
                best = answers[row, group, :, step].argmax()
                wins[row, best] += answers[row, group, best, step]
                losses[row, answers[row, group, :, step].argmin()] += 1
        np.testing.assert_allclose(found[:, group * 8 : group * 8 + 8], np.maximum(wins, 0), rtol=1e-3)
        np.testing.assert_allclose(found[:, 16 + group * 8 : 24 + group * 8], losses, rtol=1e-5)


def test_kernels_fit_short_sequences() -> None:
    values = waves(4, 3, FEWEST_STEPS)
    kernels = learn_kernels(values, Shape("both", 2000, True), 0)
    assert kernels.pool(values).shape == (4, kernels.n_features)


def test_what_kernels_say_in_time_is_what_they_say_later() -> None:
    values = waves(4, 3, FEWEST_STEPS)
    kernels = learn_kernels(values, Shape("both", 2000, True), 0)
    everything, said = kernels.in_time(values, Limits())
    assert everything == kernels
    np.testing.assert_array_equal(said, kernels.pool(values))
    some, said = kernels.in_time(values, Limits(deadline=0.0))
    assert 0 < some.n_features < kernels.n_features, "one bank has its say however short the time"
    np.testing.assert_array_equal(said, some.pool(values))


def test_sequences_are_read_at_one_length() -> None:
    train = features(a=[np.arange(30.0), np.arange(60.0), None], b=[[1.0, np.nan, 3.0], [np.nan], [5.0]])
    series = learn_series(train)
    assert series is not None
    assert series.steps == 60
    values, lengths = series.read(train)
    assert values.shape == (3, 2, 60)
    np.testing.assert_array_equal(lengths, [[30, 3], [60, 0], [0, 1]])
    back = values[0, 0] * series.scale[0] + series.mean[0]
    np.testing.assert_allclose(back, np.linspace(0, 29, 60), atol=1e-4)
    np.testing.assert_allclose((values[0, 1] * series.scale[1] + series.mean[1])[[0, -1]], [1, 3], atol=1e-5)
    assert not values[2, 0].any()
    assert not values[1, 1].any()
    assert learn_series(features(a=[None, [np.nan]])) is None


def test_summaries_tell_level_slope_and_frequency() -> None:
    steps = np.arange(64, dtype=np.float32)
    values = np.stack([0.5 + steps / 64, np.sin(steps * np.pi / 16), np.sin(steps * np.pi / 2)])[:, None, :]
    found = summarise(values.astype(np.float32), np.full((3, 1), 64, np.float32))
    assert found.shape == (3, N_NUMBERS)
    assert np.isfinite(found).all()
    assert found[0, 0] == pytest.approx(values[0].mean())
    assert found[0, 2] > 5 * abs(found[2, 2])
    bands = found[:, -8:].argmax(axis=1)
    assert bands[0] < bands[1] < bands[2]


@pytest.mark.parametrize("n_features", [4, 60])
def test_rows_left_out_are_predicted_as_by_fits_without_them(n_features: int) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(25, n_features)).astype(np.float32)
    y = X[:, :1] * 2 + rng.normal(size=(25, 1))
    weights = rng.uniform(0.5, 1.5, 25)
    weights /= weights.mean()
    found = loo_ridge(X, y, weights, lambda held_out: float(weights @ (held_out[:, 0] - y[:, 0]) ** 2))

    def alone(alpha: float) -> Any:
        model = Ridge(alpha=alpha)
        kept = [np.flatnonzero(np.arange(25) != row) for row in range(25)]
        return [model.fit(X[k], y[k, 0], sample_weight=weights[k]).predict(X[[r]])[0] for r, k in enumerate(kept)]

    unit = float((((X - weights @ X / 25) ** 2).sum(axis=1) * weights).sum() / 25)
    # The penalty that was chosen is the one of the grid whose fit has these weights.
    errors = {
        a: np.abs(Ridge(alpha=a).fit(X, y[:, 0], sample_weight=weights).coef_ - found.coef[:, 0]).max()
        for a in np.logspace(-4, 1.5, 12) * unit
    }
    alpha = min(errors, key=lambda a: errors[a])
    assert errors[alpha] < 1e-5
    np.testing.assert_allclose(found.held_out[:, 0], alone(alpha), atol=1e-4)


def test_scores_that_tell_labels_apart_are_not_quite_certain() -> None:
    scores, y = np.array([[1.0, -1.0], [-1.0, 1.0]] * 20), np.array([0, 1] * 20)
    temper, loss = temper_for(scores, y, np.ones(40))
    assert 1 < temper < 5
    noise = np.random.default_rng(0).normal(size=(40, 2))
    assert temper_for(noise, y, np.ones(40))[0] < 1
    assert loss < temper_for(noise, y, np.ones(40))[1]


@pytest.mark.parametrize("transform", ["minirocket", "hydra", "both"])
@pytest.mark.parametrize("differences", [False, True])
def test_sequences_are_learned_from(transform: str, differences: bool, tmp_path: Path) -> None:
    changes = {"transform": transform, "differences": differences, "n_features": 2500}
    model, score = fitted(Rocket(), BINARY, ["series"], n_numbers=2, **changes)
    assert hits(model, score) > 0.9
    check_alone_and_saved(Rocket(), model, score, tmp_path)


def test_values_are_predicted_within_their_range() -> None:
    model, score = fitted(Rocket(), VALUES, ["series"])
    predicted = model.predict(score.features)[:, 0]
    assert float(((predicted - score.y) ** 2).mean()) < 0.3 * float(np.var(score.y))
    assert 99 < predicted.min() < predicted.max() < 111


def test_a_column_without_any_number_is_no_obstacle() -> None:
    part = Part(features(a=[None, [np.nan], None]), np.array([0, 1, 1]))
    model = Rocket().build(Rocket().portfolio(BINARY, profile(["series"]))[0], BINARY, 0)
    model.fit(part, None, Limits())
    np.testing.assert_allclose(model.predict(part.features), [[1 / 3, 2 / 3]] * 3)


def test_kernels_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    model, _ = fitted(Rocket(), BINARY, ["series"], n_features=2500)
    state: Any = model._fitted  # type: ignore[attr-defined]
    longer = learn_kernels(waves(4, 1, 200), Shape("hydra", 2500, False), 0)
    wider = learn_kernels(waves(4, 2, 20), Shape("hydra", 2500, False), 0)
    for kernels in (longer, wider):
        object.__setattr__(state, "kernels", kernels)
        save(state, tmp_path / "model.npz")
        with pytest.raises(ArtifactError, match="of the sequences' channels"):
            load(tmp_path / "model.npz", object)


def test_no_time_is_a_failed_trial_and_other_tables_are_declined() -> None:
    train, score = parts(BINARY, ["series"])
    with pytest.raises(TrialFailed, match="no time left"):
        Rocket().build(Rocket().portfolio(BINARY, profile(["series"]))[0], BINARY, 0).fit(train, score, Limits(0.0))
    with pytest.raises(FamilyDeclined, match="needs a column of sequences"):
        Rocket().accepts(BINARY, Profile(100, 2, ((Role.TEXT, 1),)))
