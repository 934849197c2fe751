"""Every built-in metric equals scikit-learn's on random targets, ties and weights included."""

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import metrics as sk

from automl.metrics import METRICS

Reference = Callable[..., float]

ROWS = st.integers(min_value=2, max_value=60)
SEEDS = st.integers(min_value=0, max_value=2**32 - 1)
TOLERANCE = 1e-12


def draw(n_rows: int, n_labels: int, seed: int, *, ties: bool) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Positions with every label met, rows that sum to one, and weights; with ties, few distinct values."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.concatenate([np.arange(n_labels), rng.integers(0, n_labels, n_rows)]))
    raw = rng.integers(1, 4, (len(y), n_labels)).astype(float) if ties else rng.random((len(y), n_labels))
    weights = rng.integers(1, 4, len(y)).astype(float) if ties else rng.random(len(y)) + 0.01
    return y, raw / raw.sum(axis=1, keepdims=True), weights


PROBABILITY_REFERENCES: dict[str, Reference] = {
    "log_loss": sk.log_loss,
    "brier": sk.brier_score_loss,
}
LABEL_REFERENCES: dict[str, Reference] = {
    "accuracy": sk.accuracy_score,
    "balanced_accuracy": sk.balanced_accuracy_score,
    "f1_macro": partial(sk.f1_score, average="macro", zero_division=0),
    "mcc": sk.matthews_corrcoef,
}
BINARY_REFERENCES: dict[str, Reference] = {
    "f1": partial(sk.f1_score, zero_division=0),
    "precision": partial(sk.precision_score, zero_division=0),
    "recall": partial(sk.recall_score, zero_division=0),
}
VALUE_REFERENCES: dict[str, Reference] = {
    "rmse": sk.root_mean_squared_error,
    "mae": sk.mean_absolute_error,
    "r2": sk.r2_score,
    "mape": sk.mean_absolute_percentage_error,
    "rmsle": sk.root_mean_squared_log_error,
}


@given(n_rows=ROWS, n_labels=st.sampled_from([2, 3, 5]), seed=SEEDS, ties=st.booleans(), weighted=st.booleans())
@settings(max_examples=60, deadline=None)
def test_metrics_of_probabilities(n_rows: int, n_labels: int, seed: int, ties: bool, weighted: bool) -> None:
    y, probabilities, w = draw(n_rows, n_labels, seed, ties=ties)
    weights = w if weighted else None
    given_form = probabilities[:, 1] if n_labels == 2 else probabilities
    expected = {name: f(y, given_form, sample_weight=weights) for name, f in PROBABILITY_REFERENCES.items()}
    areas = [
        (
            sk.roc_auc_score(y == label, probabilities[:, label], sample_weight=weights),
            sk.average_precision_score(y == label, probabilities[:, label], sample_weight=weights),
        )
        for label in (range(n_labels) if n_labels > 2 else [1])
    ]
    expected["roc_auc"], expected["average_precision"] = np.mean(areas, axis=0)
    for name, value in expected.items():
        assert METRICS[name].score(y, probabilities, weights) == pytest.approx(value, abs=TOLERANCE), name


@given(n_rows=ROWS, n_labels=st.sampled_from([2, 3, 5]), seed=SEEDS, ties=st.booleans(), weighted=st.booleans())
@settings(max_examples=60, deadline=None)
def test_metrics_of_labels(n_rows: int, n_labels: int, seed: int, ties: bool, weighted: bool) -> None:
    y, probabilities, w = draw(n_rows, n_labels, seed, ties=ties)
    weights = w if weighted else None
    decided = probabilities.argmax(axis=1)
    references = LABEL_REFERENCES | (BINARY_REFERENCES if n_labels == 2 else {})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn remarks on labels that are never decided
        expected = {name: f(y, decided, sample_weight=weights) for name, f in references.items()}
        expected["quadratic_kappa"] = sk.cohen_kappa_score(
            y, decided, weights="quadratic", labels=np.arange(n_labels), sample_weight=weights
        )
    for name, value in expected.items():
        assert METRICS[name].score(y, probabilities, weights) == pytest.approx(value, abs=TOLERANCE), name


@given(n_rows=ROWS, seed=SEEDS, ties=st.booleans(), weighted=st.booleans())
@settings(max_examples=60, deadline=None)
def test_metrics_of_values(n_rows: int, seed: int, ties: bool, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    y = rng.integers(1, 5, n_rows).astype(float) if ties else rng.gamma(2.0, 3.0, n_rows) + 0.01
    y[:2] = [1, 2]  # of a constant target r2 is rounding noise, divided by rounding noise
    predicted = rng.integers(1, 5, n_rows).astype(float) if ties else y + rng.random(n_rows)
    weights = rng.random(n_rows) + 0.01 if weighted else None
    for name, reference in VALUE_REFERENCES.items():
        value = reference(y, predicted, sample_weight=weights)
        got = METRICS[name].score(y, predicted[:, None], weights)
        assert got == pytest.approx(value, rel=TOLERANCE, abs=TOLERANCE), name


@given(n_rows=ROWS, seed=SEEDS)
@settings(max_examples=30, deadline=None)
def test_spearman_equals_scipy_and_weights_mean_repetition(n_rows: int, seed: int) -> None:
    from scipy.stats import spearmanr

    rng = np.random.default_rng(seed)
    y, predicted = rng.integers(0, 9, (2, n_rows)).astype(float)
    y[:2], predicted[:2] = [0, 1], [1, 0]
    times = rng.integers(1, 4, n_rows)
    spearman = METRICS["spearman"]
    assert spearman.score(y, predicted[:, None]) == pytest.approx(spearmanr(y, predicted)[0], abs=TOLERANCE)
    repeated = spearman.score(np.repeat(y, times), np.repeat(predicted, times)[:, None])
    assert spearman.score(y, predicted[:, None], times.astype(float)) == pytest.approx(repeated, abs=TOLERANCE)


@pytest.mark.parametrize("name", [n for n in METRICS if n != "spearman"])
def test_a_weight_of_zero_takes_a_row_out(name: str) -> None:
    metric = METRICS[name]
    rng = np.random.default_rng(5)
    y, probabilities, weights = draw(40, 2, 5, ties=True)
    if metric.uses == "values":
        y, probabilities = rng.random(42), rng.random((42, 1))
    weights = weights * (rng.random(42) < 0.5)
    kept = weights > 0
    expected = metric.score(y[kept], probabilities[kept], weights[kept])
    assert metric.score(y, probabilities, weights) == pytest.approx(expected, abs=TOLERANCE)
