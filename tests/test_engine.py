"""A fit from table to saved model."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest

from automl.engine import _tell_plugins, load, run_fit
from automl.errors import DataError, OptionError, RunError
from automl.evaluation import evaluate_model
from automl.leaderboard import read_leaderboard
from automl.metrics import metric_named
from automl.options import FitOptions, FitResult
from automl.plugin import FamilyDeclined, ModelFamily, SklearnFamily, hookimpl
from automl.plugin.registry import Registry, collect, discover
from automl.runlog import RunLog
from automl.search.observer import Observer
from automl.search.records import TrialRecord
from tests.conftest import mixed_frame

QUICK = ("linear", "decision_tree", "lightgbm")


def fit(frame: pd.DataFrame, folder: Path, target: str = "label", **options: Any) -> FitResult:
    other = {"label": "value", "value": "label"}[target]
    settings: dict[str, Any] = {
        "output": folder / "run",
        "trials": 5,
        "families": QUICK,
        "backend": "inline",
        "drop": (other,),
    }
    return run_fit(frame, FitOptions(target=target, **{**settings, **options}))


@pytest.fixture(scope="module")
def classified(tmp_path_factory) -> FitResult:
    return fit(mixed_frame(300), tmp_path_factory.mktemp("classified"))


def test_a_fit_learns_and_its_scores_agree_with_its_model(classified):
    assert classified.task == "binary"
    assert classified.cv_score > 0.8
    assert classified.test_score > 0.7
    assert classified.trials == 5
    assert sum(member["weight"] for member in classified.members) == pytest.approx(1)
    fresh = mixed_frame(300, seed=1)
    scores = evaluate_model(load(classified.run), fresh, ["roc_auc", "accuracy"])
    assert scores["roc_auc"] > 0.8
    assert scores["accuracy"] > 0.7


def test_predictions_keep_row_order_and_ignore_index_column_order_and_extras(classified):
    model, frame = load(classified.model), mixed_frame(40, seed=2)
    expected = model.predict_frame(frame)
    assert list(expected) == ["prediction", "proba_high", "proba_low"]
    shuffled = frame[list(reversed(frame.columns))].assign(extra=1)
    shuffled.index = np.arange(40)[::-1] * 7
    pd.testing.assert_frame_equal(model.predict_frame(shuffled), expected)
    alone = pd.concat([model.predict_frame(frame.iloc[[row]]) for row in range(5)], ignore_index=True)
    pd.testing.assert_frame_equal(alone, expected.head(5))


def test_unseen_categories_and_missing_cells_are_handled(classified):
    frame = mixed_frame(5).assign(city="Narvik", number=np.nan, since=None, member=None, count=np.nan)
    proba = load(classified.model).predict_proba(frame)
    assert np.isfinite(proba).all()
    np.testing.assert_allclose(proba.sum(axis=1), 1)


def test_missing_columns_are_listed(classified):
    with pytest.raises(DataError, match="city"):
        load(classified.model).predict(mixed_frame(5).drop(columns=["city", "count"]))


def test_the_leaderboard_is_sorted_and_names_members(classified):
    board = read_leaderboard(classified.run)
    scores = [row["score"] for row in board if row["score"] is not None]
    assert scores == sorted(scores, reverse=True)
    assert {row["trial"] for row in board if row["weight"]} == {m["number"] for m in classified.members}
    assert all(row["test_score"] is not None for row in board if row["weight"])


def test_regression_keeps_its_unit(tmp_path):
    result = fit(mixed_frame(300), tmp_path, "value")
    assert result.task == "regression"
    assert result.metric == "rmse"
    frame = mixed_frame(300, seed=5)
    error = metric_named("rmse").score(frame["value"].to_numpy(), load(result.run).predict_proba(frame))
    assert error < 0.8 * frame["value"].std()


def test_the_same_seed_and_trials_give_the_same_model_bit_for_bit(tmp_path):
    frame = mixed_frame(200)
    first, second = (fit(frame, tmp_path / name, trials=9, seed=3) for name in ("a", "b"))
    assert first.members == second.members
    fresh = mixed_frame(50, seed=9)
    one, two = (load(result.run).predict_proba(fresh) for result in (first, second))
    assert one.tobytes() == two.tobytes()
    assert one.tobytes() != load(fit(frame, tmp_path / "c", trials=9, seed=4).run).predict_proba(fresh).tobytes()


def test_one_worker_and_two_give_the_same_model(tmp_path):
    frame = mixed_frame(200)
    results = [fit(frame, tmp_path / str(jobs), trials=8, backend="process", jobs=jobs) for jobs in (1, 2)]
    assert results[0].members == results[1].members
    fresh = mixed_frame(50, seed=9)
    one, two = (load(result.run).predict_proba(fresh) for result in results)
    assert one.tobytes() == two.tobytes()


def test_weights_reach_fitting_and_scoring(tmp_path):
    frame = mixed_frame(300)
    frame["w"] = np.where(frame["city"] == "Oslo", 1.0, 0.0)
    result = fit(frame, tmp_path, "value", weight="w")
    plain = fit(frame.drop(columns="w"), tmp_path / "plain", "value")
    assert result.cv_score != plain.cv_score
    assert "w" not in [column.name for column in load(result.run).schema.used]


def test_groups_never_straddle_folds_and_time_looks_forward(tmp_path):
    frame = mixed_frame(200)
    frame["g"] = np.arange(200) // 10
    assert fit(frame, tmp_path / "group", group="g").cv_score > 0.7
    result = fit(frame.drop(columns="g"), tmp_path / "time", time="since", keep=("since",))
    assert np.isfinite(result.cv_score)


def test_rare_classes_are_kept(tmp_path):
    frame = mixed_frame(120)
    frame.loc[0, "label"] = "unique"
    frame.loc[1:2, "label"] = "pair"
    result = fit(frame, tmp_path)
    assert result.task == "multiclass"
    assert set(load(result.run).labels) == {"high", "low", "pair", "unique"}


@pytest.mark.parametrize("metric", ["accuracy", "f1", "balanced_accuracy", "log_loss"])
def test_other_metrics_are_optimised(tmp_path, metric):
    result = fit(mixed_frame(200), tmp_path, metric=metric, trials=3)
    assert result.metric == metric
    assert np.isfinite(result.test_score)


def test_a_callable_metric(tmp_path):
    def hits(y_true, y_pred):
        return float(np.mean(y_true == y_pred))

    assert fit(mixed_frame(200), tmp_path, metric=hits, trials=3).metric == "hits"


def test_a_given_test_table_is_scored(tmp_path):
    result = fit(mixed_frame(200), tmp_path, test=mixed_frame(80, seed=4))
    assert result.test_score > 0.7


def test_progress_is_told_and_logged(tmp_path):
    class Ear(Observer):
        def __init__(self) -> None:
            self.heard: list[str] = []

        def phase(self, name: str, detail: str = "") -> None:
            self.heard.append(name)

    ear = Ear()
    options = FitOptions("label", output=tmp_path / "run", trials=2, time_limit=None, families=QUICK, backend="inline")
    run_fit(mixed_frame(), options, observer=ear)
    assert ear.heard == ["reading", "searching", "ensembling", "saving", "testing", "done"]
    lines = [json.loads(line) for line in (tmp_path / "run" / "run.log").read_text().splitlines()]
    assert sum(line["event"] == "trial" for line in lines) == 2


class Broken(SklearnFamily):
    name: ClassVar[str] = "broken"

    def portfolio(self, task, profile):
        return [{"x": 1}]

    def suggest(self, trial, task, profile):
        return {"x": trial.suggest_int("x", 1, 50)}

    def estimator(self, params, task, seed, threads):
        raise RuntimeError("no such luck")


def test_a_family_that_raises_is_recorded_and_the_run_goes_on(tmp_path):
    frame, broken = mixed_frame(), Broken()
    families = (*QUICK, "broken")
    result = fit(frame, tmp_path, families=families, extra_families=(broken,), trials=12)
    failed = [row for row in read_leaderboard(result.run) if row["family"] == "broken"]
    assert 1 <= len(failed) <= 3
    assert all("no such luck" in row["reason"] for row in failed)
    with pytest.raises(RunError, match="no such luck"):
        fit(frame, tmp_path / "alone", families=("broken",), extra_families=(broken,), trials=2)


class Wrong(Broken):
    """Raises where its deed says."""

    def __init__(self, deed: str) -> None:
        self.deed = deed

    def accepts(self, task, profile):
        if self.deed == "accepts":
            raise RuntimeError("wrong here")

    def portfolio(self, task, profile):
        if self.deed == "portfolio":
            raise RuntimeError("wrong here")
        return super().portfolio(task, profile)

    def suggest(self, trial, task, profile):
        if self.deed == "suggest":
            raise RuntimeError("wrong here")
        return super().suggest(trial, task, profile)

    def cost(self, params, task, profile):
        if self.deed == "cost":
            raise RuntimeError("wrong here")
        return 1.0

    def estimator(self, params, task, seed, threads):
        if self.deed == "estimator":
            raise RuntimeError("wrong here")
        return super().estimator(params, task, seed, threads)


@pytest.mark.parametrize(
    ("deed", "backend"),
    [(deed, "inline") for deed in ("accepts", "portfolio", "suggest", "cost", "estimator")]
    + [("estimator", "process")],
)
def test_the_log_says_in_which_line_a_family_raised(tmp_path, deed, backend):
    options = {"families": (*QUICK, "broken"), "extra_families": (Wrong(deed),), "trials": 4, "backend": backend}
    fit(mixed_frame(), tmp_path, **options)
    lines = [json.loads(line) for line in (tmp_path / "run" / "run.log").read_text().splitlines()]
    told = [line for line in lines if line["event"] == "raised" and "wrong here" in line["traceback"]]
    assert told, deed
    assert "broken" in told[0]["where"]
    assert f"in {deed}" in told[0]["traceback"]
    assert 'raise RuntimeError("wrong here")' in told[0]["traceback"]


@pytest.mark.parametrize("deed", ["portfolio", "suggest"])
def test_a_run_without_any_usable_family_says_why(tmp_path, deed):
    with pytest.raises(RunError, match="RuntimeError: wrong here"):
        fit(mixed_frame(), tmp_path, families=("broken",), extra_families=(Wrong(deed),), trials=2)


def test_the_log_says_in_which_line_a_plugin_raised_as_it_was_loaded(tmp_path, monkeypatch):
    def automl_families():
        raise LookupError("no families today")

    module = ModuleType("fails_to_load")
    module.automl_families = hookimpl(automl_families)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    failed = collect([EntryPoint("failed", module.__name__, "automl")]).plugins
    monkeypatch.setattr("automl.session.discover", lambda patience: replace(discover(), plugins=failed))
    fit(mixed_frame(), tmp_path, trials=1)
    lines = [json.loads(line) for line in (tmp_path / "run" / "run.log").read_text().splitlines()]
    assert any("the plugin failed is left out" in line["text"] for line in lines if line["event"] == "note")
    (raised,) = [line for line in lines if line["event"] == "raised"]
    assert "in automl_families" in raised["traceback"]


def test_the_log_says_in_which_line_a_listener_raised(tmp_path):
    def automl_trial_finished(record):
        raise LookupError("nobody listens")

    registry = Registry(hook=SimpleNamespace(automl_trial_finished=automl_trial_finished))
    record = TrialRecord(0, "linear", {}, 0, "search", "complete")
    _tell_plugins(registry, record, RunLog(tmp_path / "run.log"))
    assert "in automl_trial_finished" in (tmp_path / "run.log").read_text()


def test_the_log_says_in_which_line_a_metric_raised(tmp_path):
    def picky(y, prediction, weights=None):
        raise ZeroDivisionError("nothing to divide")

    with pytest.raises(RunError, match="nothing to divide"):
        fit(mixed_frame(), tmp_path, metric=picky, trials=1)
    lines = [json.loads(line) for line in (tmp_path / "run" / "run.log").read_text().splitlines()]
    assert any("in picky" in line["traceback"] for line in lines if line["event"] == "raised")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "lable"}, "did you mean 'label'"),
        ({"families": ("lightgmb",)}, "did you mean 'lightgbm'"),
        ({"metric": "roc_acu"}, "did you mean 'roc_auc'"),
        ({"metric": "rmse"}, "rmse"),
        ({"sampler": "tpee"}, "did you mean 'tpe'"),
        ({"task": "cluster"}, "choose binary, multiclass or regression"),
        ({"roles": {"city": "colour"}}, "unknown role 'colour'"),
        ({"roles": {"town": "text"}}, "unknown column 'town'"),
        ({"drop": ("town",)}, "unknown column 'town'"),
        ({"weight": "city"}, "weights must be numbers"),
        ({"test_size": 1.5}, "between 0 and 1"),
    ],
)
def test_options_that_cannot_be_are_one_clear_sentence(tmp_path, options, message):
    settings = {"target": "label", "output": tmp_path / "run", "trials": 1, "backend": "inline", **options}
    with pytest.raises((OptionError, DataError), match=message):
        run_fit(mixed_frame(), FitOptions(**settings))


def test_a_run_folder_is_used_once(classified):
    with pytest.raises(OptionError, match="not empty"):
        run_fit(mixed_frame(), FitOptions("label", output=classified.run))


def noise_frame() -> pd.DataFrame:
    """Columns of every kind that say nothing about the label."""
    random = np.random.default_rng(0)
    frame = mixed_frame(600).assign(label=random.choice(["a", "b"], 600))
    frame = frame.assign(**{f"noise{i}": random.normal(size=600) for i in range(15)})
    return frame.assign(code=random.integers(0, 150, 600).astype(str))


def test_on_a_noise_target_scores_stay_at_chance(tmp_path):
    options = {"trials": 16, "families": None, "roles": {"code": "categorical"}, "test_size": 0.3}
    result = fit(noise_frame(), tmp_path, **options)
    # The standard error of an area under the curve of 0.5 is about 0.029 on 420 rows and 0.043 on 180.
    assert abs(result.cv_score - 0.5) < 0.075
    assert abs(result.test_score - 0.5) < 0.11


def test_on_a_noise_target_families_that_do_not_stop_early_score_at_chance(tmp_path):
    families = ("linear", "knn", "svm", "naive_bayes", "decision_tree", "random_forest", "extra_trees")
    options = {"trials": 8, "families": families, "roles": {"code": "categorical"}, "test_size": 0.3}
    result = fit(noise_frame(), tmp_path, **options)
    assert abs(result.cv_score - 0.5) < 0.075
    assert abs(result.test_score - 0.5) < 0.11


def test_families_are_values_that_travel():
    assert isinstance(Broken(), ModelFamily)


def test_a_family_that_is_held_back_is_tried_only_by_name(tmp_path):
    class Shy(Broken):
        name = "shy"

        def held_back(self, task, profile):
            return "is slow"

    everyone = tuple(name for name in discover().families if name not in QUICK)
    settings = {"extra_families": (Shy(),), "trials": 3}
    result = fit(mixed_frame(), tmp_path, families=None, exclude=everyone, **settings)
    assert "shy is left out: is slow; --families names what to try" in (result.run / "run.log").read_text()
    assert "shy" not in {row["family"] for row in read_leaderboard(result.run)}
    named = fit(mixed_frame(), tmp_path / "named", families=(*QUICK, "shy"), **settings)
    assert "shy" in {row["family"] for row in read_leaderboard(named.run)}


def test_families_that_decline_for_the_same_reason_are_told_in_one_line(tmp_path):
    class Picky(Broken):
        def accepts(self, task, profile):
            raise FamilyDeclined("needs a full moon")

    class Fussy(Picky):
        name = "fussy"

    result = fit(mixed_frame(), tmp_path, extra_families=(Picky(), Fussy()), families=(*QUICK, "broken", "fussy"))
    log = (result.run / "run.log").read_text()
    assert "broken and fussy are left out: needs a full moon" in log
    assert log.count('"event": "declined"') == 2
