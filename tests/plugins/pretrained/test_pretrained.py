"""Frozen features and a linear layer: read once, learned from, saved with their weights."""

from __future__ import annotations

import time
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("automl_pretrained", reason="needs the extra [pretrained]")

from automl.plugin import CrossFitJob, Fold, Limits, Part, Shelf, Task, TrialFailed
from automl_pretrained import vectors
from automl_pretrained.frozen import Pretrained
from automl_pretrained.head import fit_head
from tests.plugins.cells import BINARY, VALUES, check_alone_and_saved, fitted, hits, parts, profile
from tests.plugins.pretrained.checkpoints import equipped, need


@pytest.fixture(scope="module")
def family(folders: list[Path]) -> Pretrained:
    return equipped(Pretrained(), folders)


@pytest.fixture
def counted(forgotten: None, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many cells the networks are run on, at each call."""
    calls: list[int] = []
    run = vectors._run

    def counting(base: Any, cells: Any, *more: Any) -> Any:
        calls.append(len(cells))
        return run(base, cells, *more)

    monkeypatch.setattr(vectors, "_run", counting)
    return calls


@pytest.mark.parametrize("names", [["text"], ["image"], ["text", "image"]])
def test_it_learns_and_is_saved(family: Pretrained, tmp_path: Path, names: list[str]) -> None:
    if "image" in names:
        need("timm")
    model, score = fitted(family, BINARY, names, n_numbers=2)
    assert hits(model, score) > 0.85
    check_alone_and_saved(family, model, score, tmp_path)


def test_values_are_learned_and_stay_within_those_of_training(family: Pretrained, tmp_path: Path) -> None:
    need("timm")
    model, score = fitted(family, VALUES, ["text", "image"])
    found = model.predict(score.features)
    assert ((found[:, 0] - score.y) ** 2).mean() < 0.5 * score.y.var()
    assert 100 <= found.min() <= found.max() <= 110
    check_alone_and_saved(family, model, score, tmp_path)


def test_columns_beside_are_used(family: Pretrained) -> None:
    train, score = parts(BINARY, ["text"], n_numbers=1)
    model = family.build(default(family, BINARY, ["text"]), BINARY, 0)
    told = Part(train.features, (train.features.matrix[:, 0] > 0).astype(np.int64))
    model.fit(told, None, Limits())
    assert ((model.predict(score.features)[:, 1] > 0.5) == (score.features.matrix[:, 0] > 0)).mean() > 0.8


def test_cells_are_read_once_for_all_folds_and_trials(family: Pretrained, counted: list[int]) -> None:
    need("timm")
    whole = parts(BINARY, ["text", "image"])[0]
    unique = {name: {repr(cell) for cell in cells if cell is not None} for name, cells in whole.features.raw.items()}
    for C in (1.0, 0.1):
        fit = family.cross_fit(job(whole, {**default(family, BINARY, ["text", "image"]), "C": C}))
        assert len(fit.predictions) == 3
        assert [item.fold for item in fit.models] == [-1]
    assert sum(counted) == sum(len(cells) for cells in unique.values())


def test_a_prediction_reads_a_column_once_for_all_models(family: Pretrained, counted: list[int]) -> None:
    models = [fitted(family, BINARY, ["text"], C=C)[0] for C in (1.0, 0.1)]
    score = parts(BINARY, ["text"])[1]
    counted.clear()
    first = [model.predict(score.features) for model in models]
    there = sum(cell is not None for cell in score.features.raw["text"])
    assert counted == [there]
    del first
    fresh = score.features.take(np.arange(len(score.y)))
    models[0].predict(fresh)
    assert counted == [there, there], "a new column is read anew, so that what it takes is told honestly"


def test_what_does_not_fit_into_the_time_fails_with_what_it_needs(
    family: Pretrained, forgotten: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    train, _ = parts(BINARY, ["text"])
    params = default(family, BINARY, ["text"])
    with pytest.raises(TrialFailed, match="no time left"):
        family.build(params, BINARY, 0).fit(train, None, Limits(time.monotonic() - 1))
    family.checkpoints[0].base()
    monkeypatch.setattr(vectors, "_BATCH", 4)
    clock = count(0, 5)
    monkeypatch.setattr(vectors.time, "monotonic", lambda: float(next(clock)))
    with pytest.raises(TrialFailed, match=r"reading \d+ cells .* takes about \d+ s, and there is time for"):
        family.build(params, BINARY, 0).fit(train, None, Limits(30.0))


def test_shared_weights_are_written_once(family: Pretrained, tmp_path: Path) -> None:
    need("timm")
    shelf = Shelf(tmp_path / "shared")
    for number, C in enumerate((1.0, 0.1)):
        model, score = fitted(family, BINARY, ["text", "image"], C=C)
        folder = tmp_path / str(number)
        folder.mkdir()
        model.save_beside(folder, shelf)
        assert [path.name for path in folder.iterdir()] == ["features.npz"]
        again = family.load_beside(folder, shelf)
        np.testing.assert_allclose(again.predict(score.features), model.predict(score.features), atol=1e-6)
    assert len(list((tmp_path / "shared").iterdir())) == 2
    assert set(shelf.used) == {one.network.shelved for one in family.checkpoints}


def test_the_closest_reading_that_there_is_time_for_comes_first(family: Pretrained) -> None:
    need("timm")
    assert default(family, BINARY, ["text"])["tokens"] == 64
    slow = profile(["image"], seconds=1.0, n_rows=100_000)
    assert family.cost(family.portfolio(BINARY, slow)[0], BINARY, slow) > 0
    assert len(family.portfolio(BINARY, slow)) == 3


def test_the_head_ignores_gaps_and_far_values() -> None:
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(80, 4)).astype(np.float32)
    y = (matrix[:, 0] > 0).astype(np.int64)
    matrix[::7, 1] = np.nan
    head = fit_head(matrix, y, np.ones(80), 2, 1.0, Limits())
    assert (head.predict(matrix).argmax(axis=1) == y).mean() > 0.9
    odd = np.array([[1e30, np.nan, -1e30, np.inf]], dtype=np.float32)
    assert np.isfinite(head.predict(odd)).all()


def default(family: Pretrained, task: Task, names: list[str]) -> dict[str, Any]:
    return dict(family.portfolio(task, profile(names))[0])


def job(part: Part, params: dict[str, Any]) -> CrossFitJob:
    n_rows = len(part.y)
    turn = np.arange(n_rows) % 3
    folds = tuple(Fold(i, np.flatnonzero(turn != i), np.flatnonzero(turn == i)) for i in range(3))
    return CrossFitJob(
        task=BINARY,
        params=params,
        seed=0,
        folds=folds,
        n_rows=n_rows,
        limits=Limits(),
        encode=lambda fold, _: (part.take(fold.train), part.take(fold.score)),
        encode_all=lambda _: part,
        go_on=lambda *_: True,
    )
