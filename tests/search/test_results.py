"""What is kept of finished trials."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from automl.data.folds import ALL_ROWS
from automl.search.journal import Journal, read_records, trial_folder
from automl.search.records import SavedModel, TrialRecord
from automl.search.results import Needs, Results
from tests.search.tiny import Diary, record

PREDICTIONS = np.full((3, 2), 0.5, dtype=np.float32)


def trial(run: Path, number: int, error: float | None, state: str = "complete") -> TrialRecord:
    """A trial whose model is on disk."""
    model = f"{trial_folder(number)}/all"
    (run / model).mkdir(parents=True)
    return record("a", state, error, number=number, models=(SavedModel(model, "encoders/x.npz", -1),))


def models(run: Path) -> set[int]:
    return {int(path.parent.name) for path in (run / "trials").glob("*/all")}


def test_what_is_added_is_on_disk_and_the_best_is_known(tmp_path):
    results = Results(Journal(tmp_path), Diary())
    assert results.best_error is None
    for number, error in enumerate((0.5, 0.2, 0.3)):
        results.add(trial(tmp_path, number, error), PREDICTIONS)
    assert [result.number for result in read_records(tmp_path)] == [0, 1, 2]
    assert results.best is not None
    assert (results.best.number, results.best_error) == (1, 0.2)


def test_a_row_takes_what_the_best_trial_of_each_family_takes(tmp_path):
    results = Results(Journal(tmp_path), Diary())
    assert results.needs(2) is None
    for number, (family, error, seconds) in enumerate(
        [("a", 0.5, 9.0), ("a", 0.4, 1.0), ("a", 0.6, 7.0), ("b", 0.9, 2.0)]
    ):
        results.restore(record(family, "complete", error, number=number, predict_seconds=seconds))
    assert results.needs(2) == Needs(row_seconds=3.0)


def test_what_may_be_fitted_again_is_the_best_of_what_has_not_seen_all_rows(tmp_path):
    results = Results(Journal(tmp_path), Diary(), again={"a"})
    part, whole = (SavedModel("trials/0", "encoders/x.npz", fold) for fold in (0, ALL_ROWS))
    trials = [
        ("a", 1.00, 8.0, (part,)), ("a", 1.01, 3.0, (part,)), ("a", 1.02, 1.0, (part,)), ("a", 1.03, 50.0, (part,)),
        ("a", 1.00, 60.0, (whole,)), ("a", 1.00, 60.0, (part, part)), ("b", 1.00, 70.0, (part,)),
    ]  # fmt: skip
    for number, (family, error, seconds, models) in enumerate(trials):
        known = record(family, "complete", error, number=number, seconds=seconds, models=models)
        results.finished.append((known, PREDICTIONS))
        results.best = results.best or known
    assert results.needs(1).refit_seconds == 12.0
    assert results.needs(2).refit_seconds == 8.0, "no fewer than the longest takes"
    results.best = record("b", "complete", 0.5)
    assert results.needs(1).refit_seconds == 0.0, "none is near enough to the best"


def test_models_of_what_is_not_complete_or_hopeless_go(tmp_path, monkeypatch):
    monkeypatch.setattr("automl.search.shortlist.CANDIDATES", 1)
    monkeypatch.setattr("automl.search.shortlist.PER_FAMILY", 1)
    results = Results(Journal(tmp_path), Diary())
    results.add(trial(tmp_path, 0, 0.5), PREDICTIONS)
    results.add(trial(tmp_path, 1, None, "stopped"), None)
    assert models(tmp_path) == {0}
    results.add(trial(tmp_path, 2, 0.4), PREDICTIONS)
    assert models(tmp_path) == {2}
    assert [result.number for result, _ in results.finished] == [0, 2]


def test_a_later_process_takes_over_what_still_has_models(tmp_path):
    first = Results(Journal(tmp_path), Diary())
    for number in range(3):
        first.add(trial(tmp_path, number, 0.1 * (number + 1)), PREDICTIONS)
    Journal(tmp_path).drop_models(0)
    (tmp_path / trial_folder(1) / "predictions.npy").write_bytes(b"")
    diary = Diary()
    second = Results(Journal(tmp_path), diary)
    for known in read_records(tmp_path):
        second.restore(known)
    assert [result.number for result, _ in second.finished] == [2]
    np.testing.assert_array_equal(second.finished[0][1], PREDICTIONS)
    assert second.best_error == pytest.approx(0.1)  # though its models are gone
    assert len(diary.notes) == 1
    assert "trial 1 takes no part" in diary.notes[0]
