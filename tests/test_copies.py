"""What copies of a row said in training, and when a model counts it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from automl import AutoMLRegressor, load
from automl.copies import PRIORS, Copies, Said, fit_copies
from automl.engine import run_fit
from automl.options import FitOptions

RNG_SEED = 3


def twice(n: int = 200) -> np.ndarray:
    """Hashes of rows of which each is there twice."""
    return np.repeat(np.random.default_rng(RNG_SEED).integers(0, 2**63, n).astype(np.uint64), 2)


def test_a_label_is_the_mean_of_a_posterior():
    hashes = np.array([5, 5, 9], dtype=np.uint64)
    copies = Copies(hashes, np.array([0.0, 2.0, 1.0]), np.array([3.0, 1.0, 1.0]), prior=2.0)
    model = np.full((3, 3), 1 / 3)
    out = copies.apply(np.array([9, 7, 5], dtype=np.uint64), model)
    np.testing.assert_allclose(out[0], [2 / 9, 5 / 9, 2 / 9])
    np.testing.assert_allclose(out[1], model[1])  # never seen
    np.testing.assert_allclose(out[2], [11 / 18, 2 / 18, 5 / 18])
    np.testing.assert_allclose(out.sum(axis=1), 1)
    assert model.max() == model.min()  # not changed


def test_a_value_moves_towards_the_mean_of_its_copies():
    copies = Copies(np.array([4], dtype=np.uint64), np.array([10.0]), np.array([3.0]), prior=1.0)
    out = copies.apply(np.array([4, 8], dtype=np.uint64), np.array([[2.0], [2.0]]))
    np.testing.assert_allclose(out, [[8.0], [2.0]])


@pytest.mark.parametrize("classify", [True, False])
def test_copies_that_agree_are_trusted(classify):
    hashes = twice()
    rng = np.random.default_rng(0)
    y = np.repeat(rng.integers(0, 2, 200), 2).astype(np.float64) if classify else np.repeat(rng.normal(size=200), 2)
    model = np.full((400, 2), 0.5) if classify else np.zeros((400, 1))
    copies = fit_copies(Said(hashes, y, None, classify), np.arange(400), model)
    assert copies is not None
    assert copies.prior == PRIORS[0]
    assert len(copies.hashes) == 200
    out = copies.apply(hashes, model)
    wanted = np.eye(2)[y.astype(int)] if classify else y[:, None]
    np.testing.assert_allclose(out, wanted, atol=0.05)


@pytest.mark.parametrize("classify", [True, False])
def test_copies_that_say_no_more_than_the_model_are_forgotten(classify):
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, 400).astype(np.float64) if classify else rng.normal(size=400)
    model = np.full((400, 2), 0.5) if classify else np.zeros((400, 1))
    assert fit_copies(Said(twice(), y, None, classify), np.arange(400), model) is None


def test_a_row_is_no_copy_of_itself():
    y = np.random.default_rng(2).normal(size=400)
    alone = Said(np.arange(400, dtype=np.uint64), y, None, classify=False)
    assert fit_copies(alone, np.arange(400), np.zeros((400, 1))) is None


def test_rows_without_weight_say_nothing():
    y = np.repeat(np.random.default_rng(0).normal(size=200), 2)
    weights = np.tile([1.0, 0.0], 200)
    assert fit_copies(Said(twice(), y, weights, classify=False), np.arange(400)[::2], np.zeros((200, 1))) is None


def test_only_scored_rows_judge_but_all_rows_speak():
    hashes, y = twice(), np.repeat(np.random.default_rng(0).normal(size=200), 2)
    copies = fit_copies(Said(hashes, y, None, classify=False), np.arange(0, 400, 2), np.zeros((200, 1)))
    assert copies is not None
    assert len(copies.hashes) == 200
    assert copies.weights.sum() == 400


@pytest.mark.parametrize(
    "broken",
    [
        {"hashes": np.array([2, 1], dtype=np.uint64)},
        {"values": np.zeros(3)},
        {"values": np.array([0.0, np.nan])},
        {"weights": np.array([1.0, -1.0])},
        {"prior": 0.0},
    ],
)
def test_what_was_forged_is_refused(broken):
    whole = {"hashes": np.array([1, 2], dtype=np.uint64), "values": np.zeros(2), "weights": np.ones(2), "prior": 1.0}
    Copies(**whole)
    with pytest.raises(ValueError, match=r"copies need|prior"):
        Copies(**{**whole, **broken})


def test_labels_beyond_those_there_are_are_refused():
    copies = Copies(np.array([1], dtype=np.uint64), np.array([7.0]), np.ones(1), prior=1.0)
    with pytest.raises(ValueError, match="beyond the 2"):
        copies.apply(np.array([1], dtype=np.uint64), np.full((1, 2), 0.5))


def repeating(n: int = 160) -> pd.DataFrame:
    """Rows that come twice, with targets that no column explains and copies share."""
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"a": rng.normal(size=n), "b": rng.choice(list("xyz"), n), "y": rng.normal(size=n)})
    frame = pd.concat([frame, frame, pd.DataFrame({"a": rng.normal(size=n), "b": "x", "y": rng.normal(size=n)})])
    return frame.sample(frac=1, random_state=0)


def test_a_saved_model_recognises_rows(tmp_path):
    frame = repeating()
    options = FitOptions("y", trials=2, families=("linear",), test_size=0, output=tmp_path / "run", backend="inline")
    run_fit(frame, options)
    model = load(tmp_path / "run")
    assert model.output.copies is not None
    out = model.predict_proba(frame.drop(columns="y"))[:, 0]
    forgetful = replace(model, output=replace(model.output, copies=None))
    plain = forgetful.predict_proba(frame.drop(columns="y"))[:, 0]
    assert np.abs(out - frame["y"]).mean() < 0.1 * np.abs(plain - frame["y"]).mean()
    again = model.predict_proba(frame.drop(columns="y").iloc[[7]])
    np.testing.assert_allclose(again[0, 0], out[7])
    assert np.abs(model.predict_proba(pd.DataFrame({"a": [0.123], "b": ["x"]}))) < 1


def test_groups_of_their_own_repeat_nothing():
    frame = repeating()
    model = AutoMLRegressor(trials=1, families=["linear"], random_state=0)
    groups = frame.groupby(["a", "b"]).ngroup()
    model.fit(frame.drop(columns="y"), frame["y"], groups=groups)
    assert model.model_.output.copies is None
