"""Tables repeated with noise, and what a fit on them costs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks import scaling
from benchmarks.splits import load_suite
from benchmarks.systems.base import Job, Outcome
from tests.benchmarks.test_harness import PriorSystem


@pytest.fixture
def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "x": rng.normal(size=50).round(3).astype(str),
            "n": rng.integers(0, 1000, 50).astype(str),
            "kind": rng.choice(["a", "b"], 50),
            "y": rng.gamma(2, 100, 50).round(2).astype(str),
        }
    )


def test_a_part_of_a_table_is_as_it_was(table: pd.DataFrame) -> None:
    some = scaling.repeated(table, 30, seed=0)
    assert len(some) == 30
    assert len(some.merge(table)) == 30
    pd.testing.assert_frame_equal(some, scaling.repeated(table, 30, seed=0))


def test_rows_beyond_the_table_repeat_it_with_small_noise(table: pd.DataFrame) -> None:
    many = scaling.repeated(table, 220, seed=0, exact=["y"])
    assert len(many) == 220
    assert set(many["y"]) == set(table["y"])  # exact
    assert set(many["kind"]) == {"a", "b"}
    assert many["n"].str.fullmatch(r"-?\d+").all()
    assert len(set(many["x"])) > 150
    original = table.assign(first=table["x"].astype(float)).set_index("y")["first"]
    distance = (many["x"].astype(float) - many["y"].map(original)).abs()
    assert 0 < distance.max() < 6 * scaling.NOISE * table["x"].astype(float).std()
    assert (distance == 0).sum() >= 50


class LoggingSystem(PriorSystem):
    """Leaves a `run.log` as the engine does."""

    def run(self, job: Job) -> Outcome:
        run = Path(job.folder) / "run"
        run.mkdir()
        lines = [
            {"elapsed": 0.0, "event": "phase", "name": "reading"},
            {"elapsed": 2.0, "event": "phase", "name": "searching"},
            {"elapsed": 3.0, "event": "trial", "state": "failed", "seconds": 0.5},
            {"elapsed": 5.0, "event": "trial", "state": "complete", "seconds": 2.0},
            {"elapsed": 9.0, "event": "trial", "state": "complete", "seconds": 4.0},
            {"elapsed": 10.0, "event": "phase", "name": "ensembling"},
            {"elapsed": 11.5, "event": "phase", "name": "done"},
        ]
        (run / "run.log").write_text("\n".join(map(json.dumps, lines)))
        return super().run(job)


def test_sizes_are_run_once_and_become_a_page_and_plots(tmp_path: Path, table: pd.DataFrame) -> None:
    table.to_csv(tmp_path / "t.csv", index=False)
    suite = tmp_path / "suite.json"
    about = {"name": "t", "path": "t.csv", "target": "y", "task": "regression", "metric": "rmse"}
    suite.write_text(json.dumps([about | {"modality": "tabular", "rows": 50}]))
    entry, out = load_suite(suite)[0], tmp_path / "scaling.jsonl"
    systems = [LoggingSystem("automl", 30.0), PriorSystem("lightgbm", 1.0)]
    points = scaling.run_sizes(entry, systems, [400, 40], 0, 10.0, out)
    assert [(point.rows, point.record.system) for point in points] == [
        (40, "automl"), (40, "lightgbm"), (400, "automl"), (400, "lightgbm")
    ]  # fmt: skip
    assert points[0].steps == {"reading": 2.0, "first model": 5.0, "trial": 3.0, "finishing": 1.5}
    assert points[0].trials == 3
    assert points[1].steps == {}
    assert points[0].record.overrun == pytest.approx(200)
    again = scaling.run_sizes(entry, systems, [40, 400], 0, 10.0, out)
    assert len(systems[0].jobs) == 2
    assert [point.record.score for point in again] == [point.record.score for point in points]
    text = scaling.page(again)
    assert "| 400 | automl | **rmse" in text
    assert "| 30.0 | 200.0% |" in text
    seconds = scaling.plots(again)["seconds"]
    assert "automl: first model" in seconds
    assert "lightgbm: fit" in seconds


def test_a_failure_is_on_the_page(tmp_path: Path, table: pd.DataFrame) -> None:
    table.to_csv(tmp_path / "t.csv", index=False)
    suite = tmp_path / "suite.json"
    about = {"name": "t", "path": "t.csv", "target": "kind", "task": "binary", "metric": "roc_auc"}
    suite.write_text(json.dumps([about | {"modality": "tabular", "rows": 50}]))
    systems = [PriorSystem("automl", fails=True)]
    points = scaling.run_sizes(load_suite(suite)[0], systems, [40], 0, 10.0, tmp_path / "s.jsonl")
    assert "MemoryError" in scaling.page(points)
    assert "failed" in scaling.page(points)
    scaling.run_sizes(load_suite(suite)[0], systems, [40], 0, 10.0, tmp_path / "s.jsonl")
    assert len(systems[0].jobs) == 2  # what failed is tried again
