"""The command line as a user meets it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from automl.cli.main import run
from tests.conftest import mixed_frame

FIT = ["--trials", "3", "--families", "linear,decision_tree", "--seed", "1", "--jobs", "1"]


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("data") / "people.csv"
    mixed_frame(200).drop(columns="value").to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def fitted(table, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    assert run(["fit", str(table), "--target", "label", "-o", str(folder), "--quiet", "--json", *FIT]) == 0
    return folder


def test_fit_prints_one_json_object(table, tmp_path, capsys):
    assert run(["fit", str(table), "--target", "label", "-o", str(tmp_path / "run"), "--json", *FIT]) == 0
    captured = capsys.readouterr()
    result = json.loads(captured.out)
    assert result.keys() >= {"model", "task", "metric", "cv_score", "test_score", "seconds", "trials", "members"}
    assert result["members"][0].keys() >= {"family", "params", "weight", "cv_score"}
    assert "searching" in captured.err


def test_fit_tells_scores_members_and_how_to_predict(table, tmp_path, capsys):
    assert run(["fit", str(table), "--target", "label", "-o", str(tmp_path / "run"), *FIT]) == 0
    text = capsys.readouterr().out
    for part in ("binary", "roc_auc", "test", "linear", "automl predict", "30 of 200 rows are kept aside"):
        assert part in text


def test_the_default_run_folder_is_named_after_the_table(table, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["fit", str(table), "--target", "label", "--quiet", *FIT]) == 0
    assert [path.name.startswith("people-") for path in (tmp_path / "automl_runs").iterdir()] == [True]
    assert capsys.readouterr().out.count("automl predict") == 1


def test_predict_writes_a_file_in_row_order(fitted, tmp_path, capsys):
    fresh = mixed_frame(30, seed=2)
    fresh.assign(extra=1).to_csv(tmp_path / "new.csv", index=False)
    assert run(["predict", str(fitted), str(tmp_path / "new.csv"), "-o", str(tmp_path / "out.csv")]) == 0
    predictions = pd.read_csv(tmp_path / "out.csv")
    assert list(predictions) == ["prediction", "proba_high", "proba_low"]
    assert len(predictions) == 30
    assert "ignored columns" in capsys.readouterr().err
    assert (predictions["prediction"] == fresh["label"]).mean() > 0.6


def test_predict_prints_without_a_file(fitted, table, capsys):
    assert run(["predict", str(fitted / "model"), str(table)]) == 0
    assert capsys.readouterr().out.startswith("prediction,proba_high,proba_low\n")


def test_evaluate_reports_every_metric_that_fits(fitted, table, capsys):
    assert run(["evaluate", str(fitted), str(table), "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert next(iter(scores)) == "roc_auc"
    assert {"accuracy", "f1", "log_loss"} <= scores.keys()
    assert run(["evaluate", str(fitted), str(table), "--metric", "mcc"]) == 0
    assert "mcc" in capsys.readouterr().out


def test_leaderboard_lists_trials(fitted, capsys):
    assert run(["leaderboard", str(fitted)]) == 0
    assert "decision_tree" in capsys.readouterr().out
    assert run(["leaderboard", str(fitted), "--json", "--limit", "2"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 2


def test_plugins_are_listed(capsys):
    assert run(["plugins", "--json"]) == 0
    plugins = json.loads(capsys.readouterr().out)
    classical = next(plugin for plugin in plugins if plugin["plugin"] == "classical")
    assert classical["status"] == "available"
    assert "lightgbm" in classical["families"]
    assert run(["plugins"]) == 0
    assert "automl-engine" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fit", "nowhere.csv", "--target", "y"], "nowhere.csv"),
        (["fit", "{table}", "--target", "labl"], "did you mean 'label'"),
        (["fit", "{table}"], "--target"),
        (["fit", "{table}", "--target", "label", "--tiem-limit", "3"], "--time-limit"),
        (["fit", "{table}", "--target", "label", "--time-limit", "-3"], "-3"),
        (["fit", "{table}", "--target", "label", "--role", "city"], "COLUMN=ROLE"),
        (["fit", "{table}", "--target", "label", "--role", "city=color"], "unknown role 'color'"),
        (["fit", "{table}", "--target", "label", "--families", "lightgmb"], "did you mean 'lightgbm'"),
        (["predict", "nowhere", "{table}"], "nowhere"),
        (["leaderboard", "{table}"], "no run folder"),
        (["evaluate", "{fitted}", "{table}", "--metric", "rmse"], "rmse"),
        (["fitt"], "fit"),
    ],
)
def test_errors_are_one_line_and_exit_code_two(arguments, message, table, fitted, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code = run([argument.format(table=table, fitted=fitted) for argument in arguments])
    captured = capsys.readouterr()
    assert code == 2
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    assert message in captured.err
    assert "internal" not in captured.err


def test_debug_shows_the_traceback(tmp_path, capsys):
    assert run(["fit", str(tmp_path / "none.csv"), "--target", "y", "--debug"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_help_and_version(capsys):
    assert run([]) == 0
    assert "leaderboard" in capsys.readouterr().out
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("automl-engine ")


HEAVY = {"sklearn", "lightgbm", "torch", "optuna", "pandas", "scipy", "pyarrow"}


@pytest.mark.parametrize("code", ["import automl", "from automl.cli.main import run; run(['--help'])"])
def test_first_contact_loads_no_heavy_library(code):
    script = f"import sys\n{code}\nprint('loaded', sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("loaded []")


def test_labels_that_a_spreadsheet_would_run_are_escaped_on_request(tmp_path, capsys):
    frame = mixed_frame(120).drop(columns="value")
    frame["label"] = frame["label"].map({"high": "=1+1", "low": "-2"})
    frame.to_csv(tmp_path / "t.csv", index=False)
    assert run(["fit", str(tmp_path / "t.csv"), "--target", "label", "-o", str(tmp_path / "r"), "--quiet", *FIT]) == 0
    predict = ["predict", str(tmp_path / "r"), str(tmp_path / "t.csv"), "-o", str(tmp_path / "out.csv")]
    assert run(predict) == 0
    plain = pd.read_csv(tmp_path / "out.csv", dtype=str)
    assert set(plain["prediction"]) == {"=1+1", "-2"}
    assert run([*predict, "--safe-csv"]) == 0
    safe = pd.read_csv(tmp_path / "out.csv", dtype=str)
    assert set(safe["prediction"]) == {"'=1+1", "-2"}
    assert list(safe.columns) == list(plain.columns)


def test_hostile_tables_are_one_sentence_and_code_two(fitted, tmp_path, capsys):
    wide = tmp_path / "wide.csv"
    wide.write_text(",".join(f"c{i}" for i in range(60_000)) + "\n" + ",".join("1" * 60_000) + "\n")
    assert run(["predict", str(fitted), str(wide)]) == 2
    assert "columns=60000" in capsys.readouterr().err
    assert run(["predict", str(fitted), str(wide), "--input-limit", "columns=60000"]) == 2
    error = capsys.readouterr().err
    assert "lacks 5 column(s)" in error
    assert "and 59980 more" in error
    assert error.count("error:") == 1
    long = mixed_frame(3).assign(city="x" * 20_000_000)
    long.to_csv(tmp_path / "long.csv", index=False)
    assert run(["predict", str(fitted), str(tmp_path / "long.csv")]) == 2
    assert "cell=" in capsys.readouterr().err
    odd = mixed_frame(3).assign(city="x" * 1_000_000, number="1e999", since="0000-00-00")
    odd["\x1b]0;title\x07[red]"] = 1
    odd.to_csv(tmp_path / "odd.csv", index=False)
    assert run(["predict", str(fitted), str(tmp_path / "odd.csv")]) == 0
    captured = capsys.readouterr()
    assert len(captured.out.splitlines()) == 4
    assert "\x1b]0" not in captured.err


def test_what_a_file_says_does_not_steer_the_terminal(tmp_path, capsys):
    (tmp_path / "t.csv").write_text("a,b\x1b[31m\n1,2\n")
    assert run(["fit", str(tmp_path / "t.csv"), "--target", "\x1b[31mx"]) == 2
    assert "\x1b" not in capsys.readouterr().err
