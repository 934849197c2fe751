"""Temperature scaling mends probabilities that are too sure, and stays away where it cannot know."""

from pathlib import Path

import numpy as np
import pytest

from automl import storage
from automl.calibration import Calibration, fit_calibration
from automl.metrics import METRICS


def overconfident(n_rows: int, n_labels: int, factor: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Rows drawn from known probabilities, whose logits are then multiplied by a factor."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(n_rows, n_labels)) * 1.5
    truth = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    y = (rng.random((n_rows, 1)) > truth.cumsum(axis=1)).sum(axis=1).clip(max=n_labels - 1)
    sure = np.exp(factor * logits)
    return y, sure / sure.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(("n_rows", "n_labels"), [(4000, 2), (2000, 4)])
@pytest.mark.parametrize("factor", [3.0, 0.4])
def test_the_temperature_is_recovered_and_helps_on_fresh_rows(n_rows: int, n_labels: int, factor: float) -> None:
    calibration = fit_calibration(*overconfident(n_rows, n_labels, factor))
    assert calibration is not None
    assert calibration.temperature == pytest.approx(factor, rel=0.15)
    y, fresh = overconfident(n_rows, n_labels, factor, seed=1)
    applied = calibration.apply(fresh)
    log_loss = METRICS["log_loss"]
    assert log_loss.error(y, applied) < log_loss.error(y, fresh)
    np.testing.assert_allclose(applied.sum(axis=1), 1.0)
    assert (applied.argmax(axis=1) == fresh.argmax(axis=1)).all()


def test_the_fit_is_the_minimum() -> None:
    y, probabilities = overconfident(3000, 3, 2.0)
    calibration = fit_calibration(y, probabilities)
    assert calibration is not None
    log_loss = METRICS["log_loss"]
    at_best = log_loss.error(y, calibration.apply(probabilities))
    for factor in (0.99, 1.01):
        nearby = Calibration(calibration.temperature * factor)
        assert log_loss.error(y, nearby.apply(probabilities)) > at_best


@pytest.mark.parametrize(("n_rows", "n_labels"), [(2999, 2), (499, 3)])
def test_few_rows_are_left_alone(n_rows: int, n_labels: int) -> None:
    assert fit_calibration(*overconfident(n_rows, n_labels, 3.0)) is None


def test_weights_decide_which_rows_count() -> None:
    y, sure = overconfident(4000, 2, 3.0)
    other_y, unsure = overconfident(4000, 2, 0.5, seed=1)
    weights = np.repeat([1.0, 0.0], 4000)
    both = np.concatenate([y, other_y]), np.concatenate([sure, unsure])
    weighted, alone = fit_calibration(*both, weights), fit_calibration(y, sure)
    assert weighted is not None
    assert alone is not None
    assert weighted.temperature == pytest.approx(alone.temperature)


def test_certain_and_wrong_is_cooled_within_bounds() -> None:
    y, _ = overconfident(600, 3, 1.0)
    wrong = np.eye(3)[(y + 1) % 3]
    calibration = fit_calibration(y, wrong)
    assert calibration is not None
    assert calibration.temperature == pytest.approx(20.0)
    assert np.isfinite(calibration.apply(wrong)).all()


def test_temperature_one_changes_nothing() -> None:
    _, probabilities = overconfident(50, 3, 1.0)
    np.testing.assert_allclose(Calibration().apply(probabilities), probabilities, rtol=1e-12)


def test_a_calibration_survives_storage(tmp_path: Path) -> None:
    storage.save(Calibration(1.7), tmp_path / "calibration.npz")
    assert storage.load(tmp_path / "calibration.npz", Calibration) == Calibration(1.7)
