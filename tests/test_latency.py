"""Timing single rows: which rows, how many, and the size of the folder."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from automl import latency
from automl.engine import load, run_fit
from automl.latency import ROWS, Sample, folder_bytes, member_seconds, row_seconds
from automl.options import FitOptions
from tests.conftest import mixed_frame


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("latency")
    options = FitOptions(
        "label", output=folder / "run", trials=4, families=("linear", "lightgbm"), backend="inline", drop=("value",)
    )
    run_fit(mixed_frame(120), options)
    return load(folder / "run")


def test_a_sample_is_spread_over_the_table_and_has_the_columns_asked_for():
    frame = pd.DataFrame({1: np.arange(1000), "y": 0}, index=np.arange(1000) * 3)
    sample = Sample.of(frame, ["1"])
    assert list(sample.frame) == ["1"]
    assert len(sample.frame) == ROWS
    assert sample.frame["1"].iloc[[0, -1]].tolist() == [0, 999]
    short = Sample.of(frame.head(3), ["1"])
    assert [row["1"].item() for row in short.rows(5)] == [0, 1, 2, 0, 1]


def test_every_row_is_timed_alone_and_slow_models_on_fewer(model, monkeypatch):
    clock = iter(range(10_000))
    monkeypatch.setattr(latency.time, "perf_counter", lambda: next(clock) * 0.01)
    sample = Sample.of(mixed_frame(50), [column.name for column in model.schema.used])
    seen: list[int] = []
    monkeypatch.setattr(type(model), "predict_frame", lambda self, frame, folder=None: seen.append(len(frame)))
    assert row_seconds(model, sample) == pytest.approx(0.01)
    assert seen == [1] * (ROWS + 1)  # the first one is not counted
    seen.clear()
    monkeypatch.setattr(latency, "SECONDS", 0.035)
    row_seconds(model, sample)
    assert len(seen) == 5


def test_members_are_timed_one_by_one(model):
    sample = Sample.of(mixed_frame(50), [column.name for column in model.schema.used])
    alone = member_seconds(model, sample)
    assert set(alone) == {member.number for member in model.members}
    assert all(seconds > 0 for seconds in alone.values())


def test_the_size_of_a_folder_is_that_of_its_files(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one").write_bytes(bytes(10))
    (tmp_path / "two").write_bytes(bytes(7))
    assert folder_bytes(tmp_path) == 17
