from __future__ import annotations

import numpy as np

from automl.data.quality.finding import Severity
from automl.data.quality.labels import label_findings, suspect_labels
from automl.task import Task, TaskKind

BINARY = Task(TaskKind.BINARY, "y", labels=("no", "yes"))
VALUES = Task(TaskKind.REGRESSION, "y")


def probabilities(n: int = 400, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Labels drawn from the probabilities that go with them."""
    random = np.random.default_rng(seed)
    p = random.beta(0.15, 0.15, n)
    y = (random.random(n) < p).astype(np.int64)
    return y, np.column_stack([1 - p, p])


def test_flipped_labels_come_first() -> None:
    y, p = probabilities()
    sure = np.flatnonzero(p[:, 1] > 0.98)[:12]
    flipped = y.copy()
    flipped[sure] = 0
    suspects, other = suspect_labels(flipped, p)
    assert set(sure.tolist()) <= set(suspects[: len(sure) + 3].tolist())
    assert (other == 1 - flipped[suspects]).all()


def test_imbalance_is_no_error() -> None:
    random = np.random.default_rng(0)
    y = (random.random(1000) < 0.03).astype(np.int64)
    p = np.clip(0.02 + 0.1 * y + random.normal(scale=0.01, size=1000), 0, 1)
    suspects, _ = suspect_labels(y, np.column_stack([1 - p, p]))
    assert not len(suspects) or (p[suspects] >= 0.5).all() or (y[suspects] == 1).all()
    assert (y[suspects] == 0).sum() == 0


def test_a_label_that_no_row_has_is_never_suggested() -> None:
    y = np.zeros(60, dtype=np.int64)
    y[30:] = 1
    p = np.full((60, 3), 0.2)
    p[np.arange(60), y] = 0.3
    p[:, 2] = 0.5
    assert len(suspect_labels(y, p)[0]) == 0


def test_findings_name_the_rows_of_the_users_table() -> None:
    y, p = probabilities()
    sure = np.flatnonzero(p[:, 1] > 0.98)[:4]
    y[sure] = 0
    (finding,) = label_findings(BINARY, y, p, np.arange(len(y)) + 1000)
    assert finding.column == "y"
    assert set((sure + 1000).tolist()) <= set(finding.rows)
    assert "'no', predicted 'yes'" in finding.evidence[0]
    assert label_findings(BINARY, y[:20], p[:20], np.arange(20)) == ()


def test_values_far_from_their_prediction() -> None:
    random = np.random.default_rng(0)
    y = random.normal(size=300)
    guess = y + random.normal(scale=0.3, size=300)
    assert label_findings(VALUES, y, guess[:, None], np.arange(300)) == ()
    y[17] = 50.0
    (finding,) = label_findings(VALUES, y, guess[:, None], np.arange(300))
    assert finding.rows == (17,)
    assert finding.severity is Severity.NOTE
    assert label_findings(VALUES, np.zeros(300), np.zeros((300, 1)), np.arange(300)) == ()
