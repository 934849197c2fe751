"""From a table and two checkpoints to a model that needs neither of their folders any more."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("automl_pretrained", reason="needs the extra [pretrained]")
pytest.importorskip("PIL", reason="needs the extra [images]")

from PIL import Image

from automl import AutoMLClassifier
from automl.engine import load, run_fit
from automl.options import FitOptions
from automl.runfolder import stored
from automl_pretrained.checkpoint import opened

ROWS = 72


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Texts and pictures tell the label together."""
    folder = tmp_path_factory.mktemp("table")
    rng = np.random.default_rng(0)
    word, light = rng.integers(0, 2, ROWS), rng.integers(0, 2, ROWS)
    for row in range(ROWS):
        pixels = rng.integers(0, 60, (12, 10, 3)) + 150 * light[row]
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{row}.png")
    words = [["the plot was dull and slow", "a film that is fine and warm"][one] for one in word]
    frame = pd.DataFrame(
        {
            "number": rng.normal(size=ROWS),
            "review": [f"{text} says reader {row}" for row, text in enumerate(words)],
            "picture": [f"{row}.png" for row in range(ROWS)],
            "label": np.where(word + light >= 1, "yes", "no"),
        }
    )
    frame.to_csv(folder / "films.csv", index=False)
    return folder / "films.csv"


def options(folder: Path, *backbones: Path, families: tuple[str, ...], trials: int) -> FitOptions:
    return FitOptions(
        "label", output=folder, trials=trials, families=families, backbones=backbones, folds=3, backend="inline",
        roles={"review": "text", "picture": "image"},
    )  # fmt: skip


def test_the_model_holds_the_weights_once_and_needs_no_folder(
    table: Path, texts: Path, images: Path, tmp_path: Path
) -> None:
    folders = [Path(shutil.copytree(one, tmp_path / one.name)) for one in (texts, images)]
    families = ("pretrained", "finetuned")
    result = run_fit(table, options(tmp_path / "run", *folders, families=families, trials=3))
    trials = [json.loads(line) for line in (tmp_path / "run" / "journal.jsonl").read_text().splitlines()]
    assert {trial["family"] for trial in trials if trial["state"] == "complete"} == set(families)
    assert stored(tmp_path / "run").options.backbones == tuple(folders)
    shared = sorted(path.name for path in (result.model / "shared").iterdir())
    assert len(shared) == 2

    rows = pd.read_csv(table)
    before = load(result.model).predict_proba(rows, table.parent)
    for folder in folders:
        shutil.rmtree(folder)
    opened.cache_clear()
    moved = result.model.rename(tmp_path / "moved")
    fitted = load(moved)
    np.testing.assert_allclose(fitted.predict_proba(rows, table.parent), before, atol=1e-6)
    for column in ("review", "picture"):
        turned = rows.assign(**{column: rows[column].to_numpy()[::-1]})
        assert np.abs(fitted.predict_proba(turned, table.parent) - before).max() > 0.01, f"'{column}' is not used"
    gaps = rows.assign(review=None, picture=None)
    assert np.isfinite(fitted.predict_proba(gaps, table.parent)).all()
    assert result.cv_score > 0.8


def test_workers_start_from_it_too(table: Path, texts: Path, tmp_path: Path) -> None:
    wanted = options(tmp_path / "run", texts, families=("pretrained",), trials=2)
    result = run_fit(table, FitOptions(**{**vars(wanted), "backend": "process", "jobs": 1}))
    assert {member["family"] for member in result.members} == {"pretrained"}


def test_the_estimator_takes_a_backbone_and_saves_a_model_that_holds_it(
    table: Path, texts: Path, tmp_path: Path
) -> None:
    frame = pd.read_csv(table)[["review", "label"]]
    frame["label"] = frame["review"].str.contains("fine").map({True: "yes", False: "no"})
    X, y = frame[["review"]], frame["label"]
    model = AutoMLClassifier(
        backbone=str(texts), trials=1, families=["pretrained"], folds=3, backend="inline", random_state=0
    ).fit(X, y)
    assert (model.predict(X) == y).mean() > 0.9
    model.save(tmp_path / "model")
    assert len(list((tmp_path / "model" / "shared").iterdir())) == 1
    np.testing.assert_allclose(load(tmp_path / "model").predict_proba(X), model.predict_proba(X), atol=1e-6)
