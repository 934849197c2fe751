"""A table of numbers, texts and images: families that cannot read a column are complemented by those that can."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from PIL import Image

from automl.artifact import load_artifact
from automl.engine import run_fit
from automl.options import FitOptions
from automl.plugin import (
    CLASSIFICATION,
    Encoding,
    Features,
    Limits,
    Params,
    Profile,
    Role,
    Suggest,
    Task,
    spread,
    storable,
)
from automl.plugin.registry import discover
from automl_classical.arrays import ArrayFamily, Lesson, ReadsCells
from automl_classical.logistic import Penalty, fit_softmax
from automl_classical.outputs import softmax

ROWS = 240


@storable("test.light")
@dataclass(frozen=True)
class Light(ReadsCells):
    """Logistic regression on how bright pictures are."""

    coef: NDArray[np.float64]
    intercept: NDArray[np.float64]
    classes: NDArray[np.int64]

    def predict_features(self, features: Features) -> NDArray[np.float64]:
        return spread(softmax(brightness(features) @ self.coef + self.intercept), self.classes, 2)


class Brightness(ArrayFamily):
    name = "brightness"
    tasks = CLASSIFICATION
    inputs = frozenset({Role.IMAGE})
    state = Light

    def portfolio(self, task: Task, profile: Profile) -> list[Params]:
        return [{"C": 1.0}]

    def suggest(self, trial: Suggest, task: Task, profile: Profile) -> Params:
        return {"C": trial.suggest_float("C", 0.1, 10.0, log=True)}

    def encoding(self, params: Params, task: Task) -> Encoding:
        return Encoding(images="raw")

    def learn(self, lesson: Lesson) -> Light:
        assert lesson.matrix.shape[1] == 0, "numbers and texts are not shown to it"
        classes, y = lesson.classes
        light = brightness(lesson.train.features)
        return Light(*fit_softmax(light, y, lesson.weights, Penalty(1 / len(y)), Limits()), classes)


def brightness(features: Features) -> NDArray[np.float64]:
    pictures = features.raw["picture"]
    return np.array([[0.0 if cell is None else cell.mean() / 64 - 2] for cell in pictures])


@pytest.fixture(scope="module")
def frame(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Two of three columns decide the label: none alone tells more than three of four."""
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    number, word, light = rng.normal(size=ROWS), rng.integers(0, 2, ROWS), rng.integers(0, 2, ROWS)
    for row in range(ROWS):
        pixels = rng.integers(0, 60, (4, 4, 3)) + 150 * light[row]
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{row}.png")
    words = [["the plot was dull and slow", "a film that is fine and warm"][word[row]] for row in range(ROWS)]
    table = pd.DataFrame(
        {
            "number": number,
            "review": [f"{text}, says reader {row} of {ROWS}" for row, text in enumerate(words)],
            "picture": [f"{row}.png" for row in range(ROWS)],
            "label": np.where((number > 0).astype(int) + word + light >= 2, "yes", "no"),
        }
    )
    table.attrs["folder"] = folder
    return table


def test_the_ensemble_reads_what_no_member_reads_alone(frame: pd.DataFrame, tmp_path: Path) -> None:
    family, folder = Brightness(), frame.attrs["folder"]
    scores = {}
    for names in (("brightness", "nb_linear"), ("brightness",), ("nb_linear",)):
        options = FitOptions(
            "label", output=tmp_path / "-".join(names), trials=4, families=names, extra_families=(family,),
            backend="inline", images=folder, folds=4, roles={"review": "text", "picture": "image"},
        )  # fmt: skip
        scores[names] = run_fit(frame, options)
    both, pictures, texts = scores.values()
    assert {member["family"] for member in both.members} == {"brightness", "nb_linear"}
    assert both.cv_score > max(pictures.cv_score, texts.cv_score) + 0.02

    registry = discover()
    registry = replace(registry, families={**registry.families, family.name: family})
    model = load_artifact(both.model, registry)
    before = model.predict_proba(frame.head(20), folder)
    for column in ("number", "review", "picture"):
        changed = frame.head(20).assign(**{column: frame[column].head(20).to_numpy()[::-1]})
        assert np.abs(model.predict_proba(changed, folder) - before).max() > 0.02, f"'{column}' is not used"
