"""What each part earns: the losses, their intervals, and the page, on results small enough to check by hand."""

from __future__ import annotations

import json
import math
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from automl.cli.main import build_app
from automl.parts import PARTS as ENGINE_PARTS
from benchmarks import ablate, results
from benchmarks.losses import loss_of, relative_loss
from benchmarks.results import Record
from benchmarks.systems.automl_cli import AutomlCli
from benchmarks.systems.base import Job, Outcome


def record(table: str, system: str, score: float | None, metric: str = "rmse", seed: int = 0) -> Record:
    return Record(table, metric, "tabular", system, seed, 60.0, score)


def test_every_part_of_the_engine_can_be_left_out_and_the_engine_takes_the_options():
    import typer

    without = {words[1] for words in map(shlex.split, ablate.PARTS.values()) if words[0] == "--without"}
    assert without == set(ENGINE_PARTS)
    fit = typer.main.get_command(build_app()).commands["fit"]  # type: ignore[attr-defined]
    known = {option for parameter in fit.params for option in parameter.opts}
    assert {words[0] for words in map(shlex.split, ablate.PARTS.values())} <= known


def test_a_loss_is_relative_to_the_larger_error_whatever_the_direction():
    assert relative_loss(record("t", "no_x", 5.0), record("t", "automl", 4.0)) == pytest.approx(0.2)
    assert relative_loss(record("t", "no_x", 4.0), record("t", "automl", 5.0)) == pytest.approx(-0.2)
    areas = record("t", "no_x", 0.8, "roc_auc"), record("t", "automl", 0.9, "roc_auc")
    assert relative_loss(*areas) == pytest.approx(0.5)
    assert relative_loss(record("t", "no_x", None), record("t", "automl", 4.0)) == 1.0
    assert relative_loss(record("t", "no_x", 0.0), record("t", "automl", 0.0)) == 0.0


def test_losses_are_paired_by_seed_and_only_what_both_ran_counts():
    found = loss_of(
        "no_x",
        "automl",
        [
            record("a", "automl", 4.0), record("a", "no_x", 5.0),
            record("a", "automl", 2.0, seed=1), record("a", "no_x", 2.0, seed=1),
            record("b", "automl", None), record("b", "no_x", 1.0),
            record("c", "automl", 3.0), record("d", "no_x", 3.0),
        ],
    )  # fmt: skip
    assert found.by_table == {"a": pytest.approx(0.1)}
    assert math.isnan(loss_of("no_y", "automl", [record("a", "automl", 1.0)]).mean)


def test_the_interval_holds_the_mean_and_narrows_with_tables():
    rng = np.random.default_rng(0)

    def loss(n_tables: int) -> Any:
        errors = 1 + rng.normal(0.1, 0.1, n_tables)
        rows = [record(str(i), "automl", 1.0) for i in range(n_tables)]
        return loss_of("no_x", "automl", [*rows, *(record(str(i), "no_x", e) for i, e in enumerate(errors))])

    few, many = loss(6), loss(200)
    for found in (few, many):
        assert found.interval[0] < found.mean < found.interval[1]
    assert many.interval[1] - many.interval[0] < few.interval[1] - few.interval[0]
    assert many.interval[0] > 0
    worse, same, better = many.counts
    assert worse > better
    assert worse + same + better == 200


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    pd.DataFrame({"x": rng.normal(size=60).round(3), "y": rng.normal(size=60).round(3)}).to_csv(tmp_path / "t.csv")
    common = {"path": "t.csv", "target": "y", "task": "regression", "metric": "rmse", "modality": "tabular", "rows": 60}
    (tmp_path / "suite.json").write_text(json.dumps([common | {"name": name} for name in ("one", "two")]))
    return tmp_path / "suite.json"


def test_the_command_runs_the_engine_without_each_part_and_says_what_it_earns(suite, monkeypatch, capsys):
    asked: list[tuple[str, ...]] = []

    def run(self: AutomlCli, job: Job) -> Outcome:
        asked.append(self.options)
        rows = len(pd.read_csv(job.features))
        # Without its portfolio this engine answers with worse values, without calibration with the same ones.
        value = 9.0 if "portfolio" in self.options else 0.0
        path = Path(job.folder) / "pred.csv"
        pd.DataFrame({"prediction": [value] * rows}).to_csv(path, index=False)
        return Outcome(str(path), 1.0, 0.1)

    monkeypatch.setattr(AutomlCli, "run", run)
    out = suite.parent / "ablation.jsonl"
    words = ["--suite", str(suite), "--budget", "5", "--out", str(out), "--parts", "calibration,portfolio,folds_5"]
    ablate.main(words)
    assert sorted(set(asked)) == [(), ("--folds", "5"), ("--without", "calibration"), ("--without", "portfolio")]
    assert {r.system for r in results.load(out)} == {"automl", "no_calibration", "no_portfolio", "folds_5"}
    lines = [line for line in out.with_suffix(".md").read_text().splitlines() if line.startswith("|")]
    assert lines[2].startswith("| (the full engine) |  | 2.00 |")
    assert lines[3].startswith("| portfolio | `--without portfolio` | 4.00 | **+")
    assert lines[3].endswith("| 2–0–0 |")
    assert lines[4] == "| calibration | `--without calibration` | 2.00 | +0.00% | +0.00% to +0.00% | 0–2–0 |"
    assert "What each part earns" in out.with_suffix(".html").read_text()
    asked.clear()
    ablate.main([*words, "--only", "one"])
    assert not asked  # everything was there; the page speaks of one table now
    assert "| 1–0–0 |" in capsys.readouterr().out


def test_an_unknown_part_is_named_with_the_nearest(suite):
    with pytest.raises(SystemExit, match="unknown part 'calibrations': did you mean 'calibration'"):
        ablate.main(["--suite", str(suite), "--out", str(suite.parent / "o.jsonl"), "--parts", "calibrations"])
