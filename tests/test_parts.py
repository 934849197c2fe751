"""What a fit does without each part of the engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from automl import storage
from automl.calibration import Calibration
from automl.engine import load, resume_fit, run_fit
from automl.errors import OptionError
from automl.features.encoder import Encoder
from automl.leaderboard import read_leaderboard
from automl.options import FitOptions, FitResult
from automl.parts import PARTS
from automl.plugin import Encoding
from automl.search.journal import read_records
from automl.search.records import TrialRecord
from automl.search.tactics import Tactics
from tests.conftest import mixed_frame
from tests.search.test_search import StrangeFamily

FAMILIES = ("decision_tree", "linear", "naive_bayes")


def fit(folder: Path, *without: str, **options: Any) -> FitResult:
    settings: dict[str, Any] = {
        "trials": 8, "families": FAMILIES, "backend": "inline", "drop": ("value",), "folds": 3, "test_size": 0,
    }  # fmt: skip
    frame = mixed_frame(options.pop("rows", 120))
    return run_fit(frame, FitOptions("label", output=folder / "run", without=without, **(settings | options)))


def records(result: FitResult) -> list[TrialRecord]:
    return sorted(read_records(result.run), key=lambda record: record.number)


def events(result: FitResult, name: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (result.run / "run.log").read_text().splitlines()]
    return [line for line in lines if line["event"] == name]


def test_an_unknown_part_is_named_with_the_nearest():
    with pytest.raises(OptionError, match=r"unknown part 'early-stoping': did you mean 'early_stopping'\? Known: all"):
        FitOptions("y", without=("early-stoping",))


def test_tactics_are_the_engines_unless_a_part_of_theirs_is_left_out():
    assert Tactics.without(()) == Tactics() == Tactics.without({"calibration", "features"})
    changed = {part for part in PARTS if Tactics.without((part,)) != Tactics()}
    assert changed == {"portfolio", "allocator", "studies", "early_stopping"}


def test_the_log_says_what_was_left_out(tmp_path):
    result = fit(tmp_path, "calibration", "features", trials=2)
    assert any("left out, as asked: calibration, features" in line["text"] for line in events(result, "note"))


def test_without_the_portfolio_each_family_starts_from_its_default_alone(tmp_path):
    done = records(fit(tmp_path, "portfolio"))
    assert sorted(record.family for record in done if record.origin == "portfolio") == sorted(FAMILIES)
    assert sum(record.origin == "search" for record in done) == len(done) - len(FAMILIES)


def test_without_the_allocator_turns_are_uniform_from_the_first_on(tmp_path):
    chosen = events(fit(tmp_path, "allocator"), "chosen")
    assert {line["why"] for line in chosen} == {"odds"}
    assert {round(odds, 3) for line in chosen for odds in line["odds"].values()} == {0.333}


def test_without_studies_one_study_proposes_families_and_parameters(tmp_path):
    import optuna
    from optuna.storages.journal import JournalFileBackend

    result = fit(tmp_path, "studies", trials=10)
    storage = optuna.storages.JournalStorage(JournalFileBackend(str(result.run / "optuna.journal")))
    (summary,) = optuna.get_all_study_summaries(storage)
    told = [t for t in optuna.load_study(study_name=summary.study_name, storage=storage).trials if t.values]
    tried = {record.number: record for record in records(result)}
    assert len(tried) == 10
    assert len(told) >= len(FAMILIES)
    for trial in told:
        family = trial.params["family"]
        own = {name.removeprefix(f"{family}."): v for name, v in trial.params.items() if name != "family"}
        assert any(record.family == family and dict(record.params) == own for record in tried.values())
    chosen = events(result, "chosen")
    assert [line["why"] for line in chosen[:3]] == ["first"] * 3  # every family's default comes first
    assert {line["why"] for line in chosen[3:]} == {"proposed"}


def test_a_run_with_a_shared_study_can_be_taken_up_again(tmp_path):
    source = tmp_path / "table.csv"
    mixed_frame(120).to_csv(source, index=False)
    settings: dict[str, Any] = {"families": FAMILIES, "backend": "inline", "drop": ("value",)}
    options = FitOptions("label", output=tmp_path / "run", time_limit=4, without=("studies", "ensemble"), **settings)
    before = run_fit(source, options).trials
    again = resume_fit(tmp_path / "run", "+3")
    assert again.trials > before
    assert len(again.members) == 1  # what to do without is kept with the run


def test_without_early_stopping_every_trial_sees_every_fold(tmp_path):
    hopeless: dict[str, Any] = {"extra_families": (StrangeFamily("guesses"),), "families": ("linear", "strange")}
    done = records(fit(tmp_path, "early_stopping", **hopeless))  # with it the last one is stopped: see test_search
    assert {record.state for record in done} == {"complete"}
    assert len({len(record.fold_errors) for record in done}) == 1


@pytest.mark.parametrize(("part", "most"), [("ensemble", 1), ("large_ensembles", 5)])
def test_an_ensemble_can_be_one_model_or_few(tmp_path, part, most):
    result = fit(tmp_path, part, trials=9)
    assert 1 <= len(result.members) <= most
    assert sum(member["weight"] for member in result.members) == pytest.approx(1)
    if most == 1:
        best = read_leaderboard(result.run)[0]
        assert result.members[0]["number"] == best["trial"]


class Wishful(StrangeFamily):
    """Wishes for some of everything."""

    def encoding(self, params, task) -> Encoding:
        return Encoding(keep=0.5, bins=4, frequency=True, target_means=True)


@pytest.mark.parametrize("part", ["selection", "features"])
def test_without_selection_or_features_encoders_do_no_such_thing(tmp_path, part):
    fit(tmp_path, part, families=("strange",), extra_families=(Wishful("guesses"),), trials=1)
    encodings = [storage.load(file, Encoder).encoding for file in (tmp_path / "run" / "encoders").glob("*.npz")]
    assert encodings
    for encoding in encodings:
        assert encoding.keep == (1.0 if part == "selection" else 0.5)
        made = (encoding.bins, encoding.frequency, encoding.target_means)
        assert made == ((0, False, False) if part == "features" else (4, True, True))


def test_without_calibration_probabilities_stay_as_they_are(tmp_path, monkeypatch):
    monkeypatch.setattr("automl.combining.fit_calibration", lambda *_: Calibration(2.0))
    calibrated = load(fit(tmp_path / "with", trials=2).run)
    plain = load(fit(tmp_path / "without", "calibration", trials=2).run)
    assert calibrated.output.calibration == Calibration(2.0)
    assert plain.output.calibration is None
    fresh = mixed_frame(50, seed=4)
    assert not np.allclose(calibrated.predict_proba(fresh), plain.predict_proba(fresh))
