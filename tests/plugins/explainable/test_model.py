from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from automl.plugin import (
    ArtifactError,
    FamilyDeclined,
    Features,
    Limits,
    Params,
    Part,
    Profile,
    Role,
    Task,
    TrialFailed,
    load,
    save,
)
from tests.plugins.classical.synthetic import BINARY, MULTICLASS, VALUES, part, take

pytest.importorskip("interpret", reason="the plugin needs interpret-core")

from automl_explainable import machine
from automl_explainable.family import ExplainableBoosting
from automl_explainable.model import ExplainableModel, Fitted
from automl_explainable.terms import Additive, Axis, Term, average

FAMILY = ExplainableBoosting()
FILE = "model.npz"


def profile(task: Task, columns: int = 5) -> Profile:
    return Profile(1000, task.n_outputs, ((Role.NUMERIC, columns),))


def quick(task: Task, **changed: Any) -> Params:
    return {**FAMILY.portfolio(task, profile(task))[0], "learning_rate": 0.1, "smoothing_rounds": 10, **changed}


def fitted(task: Task, train: Part, seed: int = 0, **changed: Any) -> ExplainableModel:
    model = FAMILY.build(quick(task, **changed), task, seed)
    model.fit(train, None, Limits())
    return model


def mixed(task: Task, n_rows: int = 300) -> Part:
    """Numbers with gaps and a column of codes, one of which training never sees."""
    whole = part(task, n_rows, 3)
    rng = np.random.default_rng(5)
    codes = rng.choice([0, 1, 2, 4, 5], n_rows)
    numbers = whole.features.matrix.copy()
    numbers[::7, 1] = np.nan
    matrix = np.column_stack([numbers, codes]).astype(np.float32)
    names, cardinalities = ("a", "b", "c", "code"), np.array([0, 0, 0, 6])
    return Part(Features(np.ascontiguousarray(matrix), names, cardinalities), whole.y)


@pytest.mark.parametrize("task", [BINARY, MULTICLASS, VALUES], ids=lambda task: str(task.kind))
def test_the_terms_predict_what_the_library_predicts(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    machines: list[Any] = []
    read = machine.read_terms

    def spy(fitted_machine: Any, categorical: NDArray[np.int64]) -> Additive:
        machines.append(fitted_machine)
        return read(fitted_machine, categorical)

    monkeypatch.setattr(machine, "read_terms", spy)
    train = mixed(task)
    model = fitted(task, train, bags=1, **({} if task is MULTICLASS else {"pairs": 1.0}))
    [library] = machines
    cells = train.features.matrix.astype(np.float64)
    cells[:10, 3] = 3  # a code that training did not see
    ours = model.predict(replace(train.features, matrix=cells.astype(np.float32)))
    cells[cells[:, 3] == 0, 3] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = library.predict_proba(cells) if task.is_classification else library.predict(cells)[:, None]
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)
    assert model.fitted is not None
    assert model.fitted.additive is not None
    pairs = [term for term in model.fitted.additive.terms if len(term.features) == 2]
    assert bool(pairs) == (task is not MULTICLASS)


def test_bags_are_averaged() -> None:
    train = mixed(VALUES)
    one, two = (fitted(VALUES, train, bags=bags).predict(train.features) for bags in (1, 2))
    assert 1e-6 < np.abs(one - two).mean() < one.std()


def test_the_mean_of_models_is_the_mean_of_their_sums() -> None:
    axis = Axis(False, np.array([0.0]), np.array([0.0]))
    rng = np.random.default_rng(0)
    first = Additive((axis, axis), (Term((0,), rng.normal(size=(4, 1))),), np.array([1.0]))
    second = Additive(
        (axis, axis), (Term((0,), rng.normal(size=(4, 1))), Term((0, 1), rng.normal(size=(4, 4, 1)))), np.array([3.0])
    )
    rows = rng.normal(size=(20, 2)).astype(np.float32)
    rows[3, 0] = np.nan
    np.testing.assert_allclose(average([first, second]).raw(rows), (first.raw(rows) + second.raw(rows)) / 2)


def test_bins_of_numbers_and_codes() -> None:
    numbers = Axis(False, np.array([0.0, 1.0]), np.array([0.5]))
    column = np.array([np.nan, -1, 0, 0.5, 1, 9], dtype=np.float32)
    assert numbers.bins(column, fine=True).tolist() == [0, 1, 2, 2, 3, 3]
    assert numbers.bins(column, fine=False).tolist() == [0, 1, 1, 2, 2, 2]
    codes = Axis(True, np.array([0, 1, -1, 2]), np.array([0, 1, -1, 2]))
    assert codes.bins(np.array([0, 1, 2, 3, 77], dtype=np.float32), fine=True).tolist() == [0, 1, -1, 2, -1]
    assert codes.n_bins(fine=True) == 4


def test_a_hopeless_deadline_fails_the_trial() -> None:
    train = part(BINARY, 20_000, 60)
    with pytest.raises(TrialFailed, match="out of time"):
        FAMILY.build(quick(BINARY), BINARY, 0).fit(train, None, Limits(time.monotonic() + 0.05))


@pytest.mark.parametrize("task", [BINARY, VALUES], ids=lambda task: str(task.kind))
def test_a_short_deadline_is_kept_with_a_useful_model(task: Task) -> None:
    train, score = part(task, 20_000, 20), part(task, 2000, 20, seed=1)
    model = FAMILY.build(
        {**quick(task), "learning_rate": 0.01, "smoothing_rounds": 100, "bags": 4, "pairs": 1.0}, task, 0
    )
    started = time.monotonic()
    model.fit(train, score, Limits(started + 4.0))
    assert time.monotonic() - started < 5.0
    prediction = model.predict(score.features)
    if task is BINARY:
        assert (prediction.argmax(axis=1) == score.y).mean() > 0.85
    else:
        assert ((prediction[:, 0] - score.y) ** 2).mean() < 0.3 * score.y.var()


def test_seeds_matter_and_reproduce() -> None:
    train = part(BINARY, 300)
    first, again, other = (fitted(BINARY, train, seed=seed).predict(train.features) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-4


def test_a_weight_of_zero_is_taken() -> None:
    train = part(BINARY, 200)
    weights = np.where(np.arange(200) % 3, 1.0, 0.0)
    assert np.isfinite(fitted(BINARY, Part(train.features, train.y, weights)).predict(train.features)).all()


def test_a_label_of_one_row_is_learned_from() -> None:
    train = part(MULTICLASS, 120)
    rows = np.concatenate([np.flatnonzero(train.y != 3), np.flatnonzero(train.y == 3)[:1]])
    assert np.isfinite(fitted(MULTICLASS, take(train, rows)).predict(train.features)).all()


@pytest.mark.parametrize("task", [BINARY, MULTICLASS, VALUES], ids=lambda task: str(task.kind))
def test_constant_columns_are_harmless(task: Task) -> None:
    train = part(task, 60)
    matrix = np.column_stack([np.zeros(60), np.full(60, np.nan), np.zeros(60)]).astype(np.float32)
    flat = Part(Features(np.ascontiguousarray(matrix), ("a", "b", "c"), np.array([0, 0, 3])), train.y)
    prediction = fitted(task, flat).predict(flat.features)
    expected = train.y.mean() if task is VALUES else np.bincount(train.y) / 60
    np.testing.assert_allclose(prediction[0], expected, rtol=0.1)


def test_what_nobody_could_read_is_declined() -> None:
    with pytest.raises(FamilyDeclined, match="columns"):
        FAMILY.accepts(BINARY, profile(BINARY, columns=501))
    with pytest.raises(FamilyDeclined, match="labels"):
        FAMILY.accepts(MULTICLASS, replace(profile(MULTICLASS), n_outputs=21))


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "cut": lambda data: data[: len(data) // 2],
    "flipped": lambda data: data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 0x10]) + data[len(data) // 2 + 1 :],
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_file_is_refused(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    fitted(BINARY, part(BINARY, 150)).save(tmp_path)
    path = tmp_path / FILE
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ArtifactError):
        FAMILY.load(tmp_path)


@pytest.mark.parametrize("wrong", ["scores", "features", "cuts", "labels"])
def test_inconsistent_terms_are_refused(tmp_path: Path, wrong: str) -> None:
    fitted(BINARY, part(BINARY, 150)).save(tmp_path)
    good = load(tmp_path / FILE, Fitted)
    assert good.additive is not None
    bad = object.__new__(Fitted)
    additive = object.__new__(Additive)
    term, axis = good.additive.terms[0], good.additive.axes[0]
    for source, target in ((good, bad), (good.additive, additive)):
        target.__dict__.update(source.__dict__)
    bad.__dict__["additive"] = additive
    if wrong == "scores":
        additive.__dict__["terms"] = (Term(term.features, term.scores[:-1]),)
    elif wrong == "features":
        additive.__dict__["terms"] = (Term((99,), term.scores),)
    elif wrong == "cuts":
        strange = object.__new__(Axis)
        strange.__dict__.update(axis.__dict__ | {"fine": axis.fine[::-1].copy()})
        additive.__dict__["axes"] = (strange, *good.additive.axes[1:])
    else:
        bad.__dict__["classes"] = np.array([0, 7])
    save(bad, tmp_path / FILE)
    with pytest.raises(ArtifactError, match="damaged"):
        FAMILY.load(tmp_path)
