"""Measuring configurations: what is drawn, what is kept, and a tiny table from start to page."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from automl.errors import OptionError
from automl.plugin import SklearnFamily, TaskKind
from automl.plugin.registry import discover
from benchmarks.__main__ import main
from benchmarks.portfolio.configurations import Configuration, configurations, rounds
from benchmarks.portfolio.evaluate import Request, evaluate
from benchmarks.portfolio.evidence import gather, hours
from benchmarks.portfolio.records import (
    Record,
    Truth,
    append,
    compact,
    expand,
    load,
    predictions_folder,
    read_predictions,
    write_predictions,
)
from benchmarks.portfolio.tables import Rules
from benchmarks.splits import load_suite


def record(**changes) -> Record:
    fields = {
        "table": "t", "kind": "regression", "metric": "rmse", "seed": 0, "budget": 60.0, "rows": 10, "family": "f",
        "key": "f-1", "origin": "sample", "config": {"x": 1}, "state": "complete",
    }  # fmt: skip
    return Record(**(fields | changes))


def test_samples_are_the_same_every_time_and_as_many_as_asked_for():
    family = discover().families["lightgbm"]
    one, two = (configurations(family, TaskKind.BINARY, 6, seed=0) for _ in range(2))
    assert one == two
    assert [c.origin for c in one[-6:]] == ["sample"] * 6
    assert one[0].origin == "written"
    assert one[-6:] == configurations(family, TaskKind.BINARY, 9, seed=0)[-9:-3]
    assert one[-6:] != configurations(family, TaskKind.BINARY, 6, seed=1)[-6:]
    assert {"keep", "features"} <= set(one[-1].params)  # what only some tables' spaces have
    assert len({c.key for c in one}) == len(one)


def test_a_family_that_asks_for_no_learned_entries_has_no_samples():
    from tests.testing.good import Good

    own = configurations(Good(), TaskKind.REGRESSION, 5, seed=0)
    assert {c.origin for c in own} == {"written"}


def test_what_families_bring_comes_before_samples():
    ones = [Configuration(family, {"x": n}, "sample" if n else "written") for family in "ab" for n in range(8)]
    waves = list(rounds(ones, 5))
    assert [[(c.family, c.params["x"]) for c in wave] for wave in waves] == [
        [("a", 0), ("b", 0)],
        [(family, n) for family in "ab" for n in range(1, 6)],
        [(family, n) for family in "ab" for n in (6, 7)],
    ]


def test_predictions_lose_little_in_their_file(tmp_path):
    rng = np.random.default_rng(0)
    for n_outputs in (1, 2, 5):
        given = rng.random((20, n_outputs)) ** 8 + 1e-9
        if n_outputs > 1:
            given /= given.sum(axis=1, keepdims=True)
        path = tmp_path / "folder" / f"{n_outputs}.npz"
        write_predictions(path, given, given[:7])
        oof, test = read_predictions(path, n_outputs)
        assert oof.shape == given.shape
        assert test.shape == (7, n_outputs)
        if n_outputs == 5:
            assert np.log(oof) == pytest.approx(np.log(given), rel=2e-3, abs=2e-3)
        else:
            assert oof == pytest.approx(given, rel=1e-6, abs=1e-7)
    sure = np.array([[1.0, 0.0, 0.0]])
    assert np.log(expand(compact(sure), 3)[0, 0]) == pytest.approx(0, abs=1e-9)


def test_results_of_other_rows_are_not_mixed(tmp_path):
    Truth(np.arange(3), np.arange(2), 3).write(tmp_path)
    Truth(np.arange(3), np.arange(2), 3).write(tmp_path)
    assert Truth.read(tmp_path).n_outputs == 3
    with pytest.raises(OptionError, match="other rows than these: name new results"):
        Truth(np.arange(4), np.arange(2), 3).write(tmp_path)


def test_lines_survive_a_torn_one_and_the_last_of_a_work_counts(tmp_path):
    path = tmp_path / "r.jsonl"
    append(record(error=1.0), path)
    with path.open("a") as file:
        file.write('{"table": "t", "met')
    append(record(error=2.0), path)
    append(record(key="f-2", budget=300.0, state="declined"), path)
    assert [(one.key, one.error) for one in load(path)] == [("f-1", 2.0), ("f-2", None)]
    same = [record(seconds=3600.0, params={"x": 1}), record(seconds=3600.0, params={"x": 1}, key="f-9")]
    assert hours(same) == 1.0


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(90, 2)).round(3)
    y = np.abs(x[:, 0] - x[:, 1]) + 0.1 * rng.normal(size=90).round(3)
    pd.DataFrame({"x": x[:, 0], "z": x[:, 1], "y": y}).to_csv(tmp_path / "t.csv", index=False)
    entry = {
        "name": "tiny", "path": "t.csv", "target": "y", "task": "regression", "metric": "rmse", "modality": "tabular",
        "rows": 90,
    }  # fmt: skip
    (tmp_path / "suite.json").write_text(json.dumps([entry]))
    return tmp_path / "suite.json"


def test_a_tiny_table_from_measuring_to_the_page(suite, capsys):
    out = suite.parent / "results" / "measured.jsonl"
    words = ["portfolio", "evaluate", "--suite", str(suite), "--out", str(out), "--families"]
    words = [*words, "linear,decision_tree,naive_bayes", "--rows", "60", "--workers", "1", "--cap", "20"]
    main([*words, "--samples", "1", "--estimate"])
    assert "tiny  " in capsys.readouterr().out
    assert not out.exists()
    main([*words, "--samples", "1"])
    first = load(out)
    assert {one.family for one in first} == {"linear", "decision_tree"}  # naive Bayes does no regression
    assert {one.state for one in first} == {"complete"}
    assert {one.rows for one in first} == {60}
    assert all(one.error is not None and one.test_error is not None and one.seconds > 0 for one in first)
    written = sorted(one.written for one in first if one.family == "decision_tree" and one.written is not None)
    assert written == [0, 1]
    main([*words, "--samples", "2"])
    more = load(out)
    assert more[: len(first)] == first  # nothing is measured twice
    assert {one.origin for one in more[len(first) :]} == {"sample"}
    assert len(more) == len(first) + 2

    (table,) = gather(more, predictions_folder(out))
    part = table.at(60.0)
    assert set(part.complete) == {one.key for one in more}
    for one in more:
        assert part.test_errors[one.key] == pytest.approx(one.test_error, rel=1e-5)
        assert part.judge.errors(part.facts([one.key]))[0] == pytest.approx(one.error, rel=1e-5)

    page = suite.parent / "page.md"
    capsys.readouterr()
    main(["portfolio", "learn", str(out), "--suite", "tiny suite", "--page", str(page)])
    assert "No lesson holds" in capsys.readouterr().out  # one table teaches nothing
    assert "## Entries: regression, small" in page.read_text()
    main(["portfolio", "show", str(out)])
    assert f"| tiny | {len(more)} | 0 | 0 |" in capsys.readouterr().out


def test_a_family_that_declines_is_told_and_one_that_fails_is_kept_with_its_reason(suite):
    class Broken(SklearnFamily):
        name = "broken"

        def portfolio(self, task, profile):
            return [{"x": 1}]

        def suggest(self, trial, task, profile):
            return {"x": trial.suggest_int("x", 1, 9)}

        def estimator(self, params, task, seed, threads):
            raise ZeroDivisionError("it is broken")

    families = {"broken": Broken(), "rocket": discover().families["rocket"]}
    out = suite.parent / "failed.jsonl"
    request = Request(load_suite(suite), families, 3, Rules(seed=0, budget=60.0, rows=60), 20.0, 1, out)
    evaluate(replace(request, hours=0.0), discover())
    assert load(out) == []  # nothing is started after the hours
    evaluate(request, discover())
    told = {(one.family, one.state) for one in load(out)}
    assert told == {("broken", "failed"), ("rocket", "declined")}
    reasons = {one.family: one.reason for one in load(out)}
    assert "it is broken" in reasons["broken"]
    assert "needs a column of sequences" in reasons["rocket"]
    assert gather(load(out), predictions_folder(out)) == []


def test_a_table_that_nothing_can_learn_from_stops_nothing(suite, capsys):
    out = suite.parent / "none.jsonl"
    main(["portfolio", "evaluate", "--suite", str(suite), "--out", str(out), "--families", "rocket", "--workers", "1"])
    assert "tiny  left out: no model family accepts this data" in capsys.readouterr().out


def test_an_unknown_command_is_told():
    with pytest.raises(SystemExit, match="one of evaluate, learn, show"):
        main(["portfolio", "lern"])
