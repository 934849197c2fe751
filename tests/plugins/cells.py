"""Small parts with texts, sequences and images that tell the label."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.plugin import Features, Limits, Model, ModelFamily, Part, Profile, Role, Task
from automl.plugin import TaskKind as Kind

BINARY = Task(Kind.BINARY, "y", ("no", "yes"), "accuracy")
VALUES = Task(Kind.REGRESSION, "y", (), "rmse")
ROLES = {"text": Role.TEXT, "image": Role.IMAGE, "series": Role.SEQUENCE}


def cells(values: Sequence[Any]) -> NDArray[np.object_]:
    column = np.empty(len(values), dtype=object)
    for row, value in enumerate(values):
        column[row] = value
    return column


def columns(labels: NDArray[np.int64], rng: np.random.Generator) -> dict[str, NDArray[np.object_]]:
    """A column of each kind, with a gap in each."""
    words = [["dull", "poor"], ["bright", "fine"]]
    texts: list[Any] = [
        " ".join([str(rng.choice(words[y])), "film", "no", str(i)][: 2 + i % 3]) for i, y in enumerate(labels)
    ]
    series: list[Any] = [np.sin(np.arange(12 + i % 9) * (0.5 + y)).astype(np.float32) for i, y in enumerate(labels)]
    images: list[Any] = [rng.integers(0, 60, (9, 8, 3)).astype(np.uint8) + np.uint8(120 * y) for y in labels]
    for column in (texts, series, images):
        column[7] = None
    return {"text": cells(texts), "series": cells(series), "image": cells(images)}


def parts(task: Task, names: Sequence[str], n_numbers: int = 0, n_rows: int = 96) -> tuple[Part, Part]:
    """Rows to learn from and rows to score, every fourth, with these columns."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, n_rows)
    y: NDArray[Any] = labels if task.is_classification else labels * 10.0 + 100
    raw = columns(labels, rng)
    matrix = rng.normal(size=(n_rows, n_numbers)).astype(np.float32)
    found = []
    for rows in (np.flatnonzero(np.arange(n_rows) % 4 != 3), np.flatnonzero(np.arange(n_rows) % 4 == 3)):
        features = Features(
            np.ascontiguousarray(matrix[rows]),
            tuple(f"x{i}" for i in range(n_numbers)),
            np.zeros(n_numbers, dtype=np.int64),
            {name: raw[name][rows] for name in names},
        )
        found.append(Part(features, y[rows]))
    return found[0], found[1]


def profile(names: Sequence[str], seconds: float | None = None, n_rows: int = 96) -> Profile:
    return Profile(n_rows, 2, tuple((ROLES[name], 1) for name in names), seconds=seconds)


def fitted(
    family: ModelFamily, task: Task, names: Sequence[str], n_numbers: int = 0, **changes: Any
) -> tuple[Model, Part]:
    """A model of the default, with these changes, and the score part."""
    train, score = parts(task, names, n_numbers)
    params = {**family.portfolio(task, profile(names))[0], **changes}
    model = family.build(params, task, 0)
    model.fit(train, score, Limits())
    return model, score


def hits(model: Model, score: Part) -> float:
    return float((model.predict(score.features).argmax(axis=1) == score.y).mean())


def check_alone_and_saved(family: ModelFamily, model: Model, score: Part, folder: Path) -> None:
    """A row alone gets what it gets among others, and so does every row from a model read back."""
    expected = model.predict(score.features)
    for row in (1, 7):
        one = Features(
            score.features.matrix[[row]],
            score.features.names,
            score.features.cardinalities,
            {name: column[[row]] for name, column in score.features.raw.items()},
        )
        np.testing.assert_allclose(model.predict(one), expected[[row]], atol=1e-4)
    model.save(folder)
    np.testing.assert_allclose(family.load(folder).predict(score.features), expected, atol=1e-6)
