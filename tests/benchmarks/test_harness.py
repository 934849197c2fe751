"""The harness splits, judges and reports without any system of its own: a stand-in answers."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from benchmarks import environments, report, results, run, scoring
from benchmarks.results import Record
from benchmarks.splits import Entry, load_suite, strata, write_split
from benchmarks.systems import PEERS, chosen
from benchmarks.systems.automl_cli import AutomlCli, members_of
from benchmarks.systems.base import Job, Outcome, RunFailedError, timed_command
from benchmarks.systems.worker import WorkerSystem


class PriorSystem:
    """Answers with the shares of the training labels, or their mean."""

    def __init__(self, name: str = "prior", seconds: float = 1.0, *, fails: bool = False) -> None:
        self.name, self.seconds, self.fails, self.budgeted = name, seconds, fails, True
        self.jobs: list[Job] = []

    def run(self, job: Job) -> Outcome:
        self.jobs.append(job)
        if self.fails:
            raise RunFailedError("Traceback …\nMemoryError: no more")
        y = pd.read_csv(job.train, dtype=str, keep_default_na=False)[job.target]
        n_rows = len(pd.read_csv(job.features, dtype=str, keep_default_na=False))
        if job.task == "regression":
            columns = {"prediction": [y.astype(float).mean()] * n_rows}
        else:
            shares = y.value_counts(normalize=True)
            columns = {"prediction": [shares.index[0]] * n_rows}
            columns |= {f"proba_{label}": [share] * n_rows for label, share in shares.items()}
        path = Path(job.folder) / "pred.csv"
        pd.DataFrame(columns).to_csv(path, index=False)
        return Outcome(str(path), self.seconds, 0.1, 3, {"prior": "1"})


@pytest.fixture
def suite_file(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    n_rows = 200
    table = pd.DataFrame(
        {
            "x": rng.normal(size=n_rows).round(3),
            "note": np.where(rng.random(n_rows) < 0.1, "", "007, and so on"),
            "kind": rng.choice(["no", "yes"], n_rows, p=[0.8, 0.2]),
            "grade": rng.choice(["1", "2", "3"], n_rows),
            "price": rng.gamma(2, 100, n_rows).round(2),
        }
    )
    (tmp_path / "data").mkdir()
    table.to_csv(tmp_path / "data" / "table.csv", index=False)
    tasks = [("kind", "binary", "roc_auc"), ("grade", "multiclass", "log_loss"), ("price", "regression", "rmse")]
    rows = [
        {"name": f"by_{target}", "path": "data/table.csv", "target": target, "task": task, "metric": metric,
         "modality": "tabular", "rows": n_rows, "note": ""}
        for target, task, metric in tasks
    ]  # fmt: skip
    path = tmp_path / "suite.json"
    path.write_text(json.dumps(rows))
    return path


def plan_of(suite_file: Path, systems: Sequence[object], **changes: object) -> run.Plan:
    options = {
        "entries": load_suite(suite_file), "systems": systems, "seeds": [0], "budget": 10.0,
        "out": suite_file.parent / "results.jsonl",
    }  # fmt: skip
    return run.Plan(**(options | changes))  # type: ignore[arg-type]


def test_a_split_is_seeded_stratified_and_keeps_every_cell(suite_file: Path, tmp_path: Path) -> None:
    entry = load_suite(suite_file)[0]
    parts = []
    for name, seed in [("a", 0), ("b", 0), ("c", 1)]:
        (tmp_path / name).mkdir()
        parts.append(write_split(entry, seed, tmp_path / name))
    first, again, other = (part.test.read_text() for part in parts)
    assert first == again != other
    train, test = (pd.read_csv(p, dtype=str, keep_default_na=False) for p in (parts[0].train, parts[0].test))
    assert (len(train), len(test)) == (160, 40)
    assert abs((train.kind == "yes").mean() - (test.kind == "yes").mean()) < 0.03
    source = pd.read_csv(entry.path, dtype=str, keep_default_na=False)
    both = pd.concat([train, test]).sort_values(list(source.columns)).reset_index(drop=True)
    pd.testing.assert_frame_equal(both, source.sort_values(list(source.columns)).reset_index(drop=True))
    features = pd.read_csv(parts[0].features, dtype=str, keep_default_na=False)
    pd.testing.assert_frame_equal(features, test.drop(columns="kind"))


def test_a_lonely_label_and_a_missing_target_do_not_stop_the_split(tmp_path: Path) -> None:
    labels = np.array(["a"] * 30 + ["b"] * 20 + ["c"])
    assert set(strata(labels)) == {"a", "b"}
    path = tmp_path / "t.csv"
    pd.DataFrame({"x": range(52), "y": [*labels, ""]}).to_csv(path, index=False)
    split = write_split(Entry("t", path, "y", "multiclass", "log_loss", "tabular", 52), 0, tmp_path)
    assert len(pd.read_csv(split.train)) + len(pd.read_csv(split.test)) == 51


def test_an_official_split_is_kept_and_image_paths_become_absolute(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in "abcd":
        (source / f"{name}.png").touch()
    table = pd.DataFrame(
        {"image": [f"{n}.png" for n in "abcd"], "y": list("0101"), "split": ["train", "test", "train", "train"]}
    )
    table.to_csv(source / "t.csv", index=False)
    entry = Entry("t", source / "t.csv", "y", "binary", "roc_auc", "image", rows=3)
    test = pd.read_csv(write_split(entry, 0, tmp_path).test)
    assert test.to_dict("list") == {"image": [str(source / "b.png")], "y": [1]}


def test_scores_are_scikit_learns(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 50)
    p = rng.dirichlet([1, 1, 1], 50)
    test, answer = tmp_path / "test.csv", tmp_path / "pred.csv"
    pd.DataFrame({"y": y}).to_csv(test, index=False)
    # Columns in another order, and labels that went through floats.
    frame = pd.DataFrame({"prediction": p.argmax(axis=1).astype(float)})
    for label in (2, 0, 1):
        frame[f"proba_{label}.0"] = p[:, label]
    frame.to_csv(answer, index=False)
    expected = {
        "log_loss": metrics.log_loss(y, p),
        "roc_auc": metrics.roc_auc_score(y, p, multi_class="ovr"),
        "accuracy": metrics.accuracy_score(y, p.argmax(axis=1)),
        "f1_macro": metrics.f1_score(y, p.argmax(axis=1), average="macro"),
    }
    for metric, value in expected.items():
        assert scoring.score(metric, test, "y", answer) == pytest.approx(value)


def test_a_label_that_training_never_saw_costs_but_does_not_stop(tmp_path: Path) -> None:
    test, answer = tmp_path / "test.csv", tmp_path / "pred.csv"
    pd.DataFrame({"y": ["a", "b", "c"]}).to_csv(test, index=False)
    pd.DataFrame({"prediction": ["a"] * 3, "proba_a": [0.5] * 3, "proba_b": [0.5] * 3}).to_csv(answer, index=False)
    assert 10 < scoring.score("log_loss", test, "y", answer) < 20


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"prediction": ["a"]}, "1 predictions for 2 rows"),
        ({"proba_a": [0.5, 0.5]}, "no column 'prediction'"),
        ({"prediction": ["a", "b"]}, "no column 'proba_<label>' for any of a, b"),
        ({"prediction": ["a", "b"], "proba_a": [0.5, 0.2], "proba_b": [0.5, 0.2]}, "sum to 0.4000"),
        ({"prediction": ["a", "b"], "proba_a": [0.5, ""], "proba_b": [0.5, 1]}, "1 cells without a number"),
    ],
)
def test_unusable_predictions_are_named(columns: dict[str, list[object]], problem: str, tmp_path: Path) -> None:
    test, answer = tmp_path / "test.csv", tmp_path / "pred.csv"
    pd.DataFrame({"y": ["a", "b"]}).to_csv(test, index=False)
    pd.DataFrame(columns).to_csv(answer, index=False)
    with pytest.raises(scoring.PredictionsError, match=problem):
        scoring.score("log_loss", test, "y", answer)


def test_a_run_records_resumes_and_retries_what_failed(suite_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ours, rival = PriorSystem("automl", seconds=12.0), PriorSystem("rival", fails=True)
    records = run.run_plan(plan_of(suite_file, [ours, rival]))
    assert len(records) == 6
    first = next(r for r in records if r.table == "by_kind" and r.system == "automl")
    assert (first.score, first.overrun, first.members, first.limit) == (0.5, pytest.approx(20.0), 3, 10.0)
    assert first.machine["cores"]
    assert "failed: MemoryError: no more" in capsys.readouterr().out
    ours.jobs.clear()
    rival.fails = False
    again = run.run_plan(plan_of(suite_file, [ours, rival]))
    assert not ours.jobs
    assert len(again) == 6
    assert all(record.score is not None for record in again)
    run.run_plan(plan_of(suite_file, [ours], budget=20.0))
    assert len(ours.jobs) == 3


def test_systems_never_see_the_target_of_the_test_rows_where_they_predict(suite_file: Path) -> None:
    seen = []

    class Spy(PriorSystem):
        def run(self, job: Job) -> Outcome:
            seen.append(job.target in pd.read_csv(job.features).columns)
            return super().run(job)

    run.run_plan(plan_of(suite_file, [Spy()]))
    assert seen == [False] * 3


def test_what_a_run_wrote_down_is_kept_where_that_is_asked_for(suite_file: Path, tmp_path: Path) -> None:
    class Writes(PriorSystem):
        def run(self, job: Job) -> Outcome:
            (Path(job.folder) / "run").mkdir()
            (Path(job.folder) / "run" / "journal.jsonl").write_text(job.target)
            return super().run(job)

    logs = tmp_path / "logs"
    run.run_plan(plan_of(suite_file, [Writes("automl"), PriorSystem("rival")], logs=logs))
    kept = {path.name: path.read_text() for path in logs.iterdir()}
    assert kept == {f"by_{target}-automl-0.jsonl": target for target in ("kind", "grade", "price")}


def test_a_torn_line_loses_itself_only(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    record = Record("t", "rmse", "tabular", "automl", 0, 60.0, score=1.0)
    results.append(record, path)
    with path.open("a") as file:
        file.write('{"table": "to')
    results.append(Record("u", "rmse", "tabular", "automl", 0, 60.0, score=2.0), path)
    assert [r.table for r in results.load(path)] == ["t", "u"]
    assert results.finished(results.load(path)) == {("t", "automl", 0, 60.0), ("u", "automl", 0, 60.0)}


def record(table: str, metric: str, system: str, score: float | None, seed: int = 0, **more: object) -> Record:
    return Record(table, metric, "tabular", system, seed, 60.0, score, **more)  # type: ignore[arg-type]


def test_the_report_ranks_in_the_direction_of_the_metric_and_tells_of_failures() -> None:
    page = report.report(
        [
            record("a", "roc_auc", "lightgbm", 0.8),
            record("a", "roc_auc", "automl", 0.9, seconds=61.5, limit=60.0, overrun=2.5, latency=0.0034),
            record("a", "roc_auc", "automl", 0.8, seed=1, seconds=58.5, limit=60.0, overrun=0.0, size=5 * 2**20),
            record("b", "rmse", "automl", 3.0, seconds=50.0, limit=60.0, overrun=0.0),
            record("b", "rmse", "lightgbm", 2.0),
            record("c", "rmse", "automl", None, error="Traceback\nValueError: oh"),
            record("c", "rmse", "lightgbm", 45428.4),
        ]
    )
    text = page.markdown()
    assert "| a | roc_auc | **0.8500** | 0.8000 |" in text
    assert "| b | rmse | 3.0000 | **2.0000** |" in text
    assert "| c | rmse | – | **45428** |" in text
    assert "| lightgbm | **1.33** | 0.667 |" in text
    assert "| 1–0–2 |" in text
    assert "| 2.5% | 3.4 ms | 5.0 MiB |" in text
    assert "- failed: c, automl, seed 0: ValueError: oh" in text


def test_the_command_writes_both_pages(suite_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "chosen", lambda *_: [PriorSystem("automl"), PriorSystem("rival"), PriorSystem("third")])
    out = suite_file.parent / "r.jsonl"
    common = ["--suite", str(suite_file), "--budget", "5", "--out", str(out)]
    run.main([*common, "--only", "by_price,by_kind", "--seeds", "0,1", "--repeat-below", "200"])
    assert len(results.load(out)) == 6  # the table has 200 rows: one seed
    text = out.with_suffix(".md").read_text()
    assert "by_price" in text
    assert "by_grade" not in text
    page = out.with_suffix(".html").read_text()
    assert "critical difference" in page
    with pytest.raises(SystemExit, match="not in the suite: nothing"):
        run.main([*common, "--only", "nothing"])


def test_results_of_several_budgets_are_not_mixed(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    for budget in (60.0, 300.0):
        results.append(Record("a", "rmse", "tabular", "automl", 0, budget, 1.0), path)
    with pytest.raises(SystemExit, match="name one with --budget"):
        report.main([str(path)])
    report.main([str(path), "--budget", "60"])
    assert "| a | rmse | **1.0000** |" in path.with_suffix(".md").read_text()


def test_variants_are_engines_with_further_options() -> None:
    ours, lean = chosen(
        ["automl", "lean"], {"automl": "/x/bin/python"}, {"lean": "--exclude 'catboost,xgboost' --folds 3"}
    )
    assert isinstance(ours, AutomlCli)
    assert isinstance(lean, AutomlCli)
    assert (ours.options, lean.options) == ((), ("--exclude", "catboost,xgboost", "--folds", "3"))
    assert (lean.name, lean.python) == ("lean", "/x/bin/python")


def test_every_peer_has_a_recipe_and_its_environment_must_be_there(tmp_path: Path) -> None:
    for name, peer in PEERS.items():
        if peer.environment is not None:
            assert environments.requirements(peer.environment)
            with pytest.raises(SystemExit, match=f"no environment '{peer.environment}'"):
                chosen([name], environments=tmp_path)
    with pytest.raises(SystemExit, match="no recipe for nobody"):
        environments.main(["nobody"])


def test_unknown_systems_are_refused() -> None:
    with pytest.raises(
        SystemExit, match="unknown system 'flamll': known are autogluon, autogluon_good, automl, catboost"
    ):
        chosen(["flamll"], {})


def test_the_lightgbm_worker_runs_in_its_own_process(suite_file: Path, tmp_path: Path) -> None:
    entry = load_suite(suite_file)[1]
    split = write_split(entry, 0, tmp_path)
    system = chosen(["lightgbm"], {})[0]
    record = run.run_one(entry, system, 0, 10.0, split)
    assert record.error == ""
    assert record.score is not None
    assert record.limit is None
    assert record.versions["lightgbm"]


def test_the_engine_is_called_by_its_command_line(suite_file: Path, tmp_path: Path) -> None:
    fake = tmp_path / "bin" / "automl"
    fake.parent.mkdir()
    fake.write_text(
        f"#!{sys.executable}\n"
        "import json, pathlib, sys\n"
        "log = pathlib.Path(__file__).with_name('calls.jsonl').open('a')\n"
        "log.write(json.dumps(sys.argv[1:]) + '\\n')\n"
        "if sys.argv[1] == 'fit':\n"
        "    print(json.dumps({'members': [{}, {}]}))\n"
        "    model = pathlib.Path(sys.argv[sys.argv.index('-o') + 1], 'model')\n"
        "    model.mkdir(parents=True)\n"
        "    made_with = {'engine': '1.2', 'python': '3.12.1', 'libraries': {'numpy': '2.3'}}\n"
        "    (model / 'manifest.json').write_text(json.dumps(made_with))\n"
        "else:\n"
        "    n_rows = len(open(sys.argv[3]).readlines()) - 1\n"
        "    pathlib.Path(sys.argv[5]).write_text('prediction\\n' + '1.5\\n' * n_rows)\n"
    )
    fake.chmod(0o755)
    python = fake.with_name("python")
    python.write_text('#!/bin/sh\necho \'{"single_seconds": 0.004, "bytes": 1024}\'\n')
    python.chmod(0o755)
    entry = load_suite(suite_file)[2]
    split = write_split(entry, 0, tmp_path)
    record = run.run_one(entry, AutomlCli(str(python)), 7, 60.0, split)
    assert record.error == ""
    assert (record.members, record.latency, record.size) == (2, 0.004, 1024)
    assert record.versions == {"python": "3.12.1", "automl-engine": "1.2", "numpy": "2.3"}
    fit, predict = (json.loads(line) for line in fake.with_name("calls.jsonl").read_text().splitlines())
    assert fit == [
        "fit", str(split.train), "--target", "price", "--test", str(split.test), "--task", "regression",
        "--metric", "rmse", "--time-limit", "60", "--seed", "7", "-o", predict[1], "--json", "--quiet",
    ]  # fmt: skip
    assert predict[0] == "predict"
    assert predict[2] == str(split.features)


@pytest.mark.parametrize(
    ("output", "members"),
    [('{"members": 3}', 3), ('{"ensemble": {"members": {"a": 1}}}', 1), ("{}", None), ("[1]", None), ("done", None)],
)
def test_members_are_read_where_the_command_tells_them(output: str, members: int | None) -> None:
    assert members_of(output) == members


def test_commands_that_fail_or_hang_are_ended_with_a_reason(tmp_path: Path) -> None:
    with pytest.raises(RunFailedError, match=r"exit status 3: (?s:.*)broken"):
        timed_command([sys.executable, "-c", "import sys; print('broken', file=sys.stderr); sys.exit(3)"], tmp_path, 60)
    with pytest.raises(RunFailedError, match="stopped after 0 s"):
        timed_command([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path, 0.2)


def test_a_worker_without_an_outcome_is_named(tmp_path: Path) -> None:
    job = Job("t", "f", "e", str(tmp_path), "y", "binary", "roc_auc", "tabular", 1.0, 0)
    with pytest.raises(RunFailedError, match="ended without an outcome"):
        WorkerSystem("nothing", "benchmarks.systems.base", budgeted=False).run(job)


def test_the_harness_does_not_import_the_engine() -> None:
    code = "import sys, benchmarks.run; sys.exit('automl' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).resolve().parents[2])
