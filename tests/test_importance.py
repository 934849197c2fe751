"""What features are worth to a fitted model."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from automl.cli.main import run
from automl.data.apply import to_table
from automl.engine import load, run_fit
from automl.evaluation import features_of
from automl.importance import Effort, measure_effects
from automl.options import FitOptions
from automl.runlog import read_log


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """A run on a table of which `x` and `city` tell the target and the others do not."""
    rng = np.random.default_rng(0)
    n = 300
    x, city = rng.normal(size=n), rng.choice(["Rome", "Oslo", "Lima"], n)
    table = pd.DataFrame(
        {"x": x, "noise": rng.normal(size=n), "city": city, "id": [f"row-{i}" for i in range(n)], "one": 1}
    )
    table["y"] = x + 2 * (city == "Oslo") + 0.1 * rng.normal(size=n) > 0.5
    folder = tmp_path_factory.mktemp("features")
    table.to_csv(folder / "data.csv", index=False)
    options = FitOptions(
        "y", output=folder / "run", trials=3, families=("linear", "lightgbm"), backend="inline", folds=2
    )  # fmt: skip
    run_fit(folder / "data.csv", options)
    return folder


def test_what_tells_the_target_is_worth_most(fitted):
    found = features_of(load(fitted / "run"))
    worth = dict.fromkeys(("x", "noise", "city"), 0.0)
    for row in found:
        if len(row["columns"]) == 1 and row["columns"][0] in worth:
            worth[row["columns"][0]] += row["importance"] or 0.0
    assert min(worth["x"], worth["city"]) > 2 * worth["noise"]
    assert sum(row["importance"] or 0.0 for row in found) == pytest.approx(1.0)
    by_name = {row["feature"]: row for row in found}
    assert by_name["one"]["how"] == "dropped"
    assert by_name["one"]["reason"]
    assert all("city=" not in name or name in {"city=Rome", "city=Oslo", "city=Lima"} for name in by_name)


def test_the_command_lists_them_as_a_table_and_as_json(fitted, capsys):
    assert run(["features", str(fitted / "run"), "--data", str(fitted / "data.csv"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"feature", "columns", "how", "importance", "kept", "reason"} == set(found[0])
    assert found[0]["importance"] >= found[1]["importance"]
    assert run(["features", str(fitted / "run"), "--limit", "2"]) == 0
    text = capsys.readouterr().out
    assert "importance" in text
    assert "more: --limit 0 shows all" in text


def test_no_time_measures_nothing_and_one_row_cannot_be_shuffled(fitted):
    model = load(fitted / "run")
    table = to_table(pd.read_csv(fitted / "data.csv"), model.schema)
    assert measure_effects(model, table, Effort(deadline=0.0)) == {}
    assert measure_effects(model, table.take(np.array([0])), Effort()) == {}
    few = measure_effects(model, table, Effort(most=1))
    assert 1 <= len(few) <= len(model.members)


def test_a_model_that_cannot_be_measured_is_saved_and_the_log_says_in_which_line(fitted, tmp_path, monkeypatch):
    def measure_none(*_: object) -> None:
        raise LookupError("nothing to shuffle")

    monkeypatch.setattr("automl.finishing.measure_effects", measure_none)
    families = ("naive_bayes",)
    options = FitOptions("y", output=tmp_path / "run", trials=1, families=families, backend="inline", folds=2)
    run_fit(fitted / "data.csv", options)
    assert load(tmp_path / "run").members
    (line,) = [line for line in read_log(tmp_path / "run") if line["event"] == "raised"]
    assert line["where"] == "the importances of the features"
    assert "in measure_none" in line["traceback"]
