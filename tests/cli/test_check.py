"""`automl check` as a user meets it, and what a fit tells and keeps of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from automl.cli.main import run
from automl.engine import load, run_fit
from automl.manifest import read_manifest
from automl.options import FitOptions
from tests.conftest import mixed_frame

FIT = FitOptions("label", trials=2, time_limit=None, backend="inline", families=("linear", "decision_tree"))


def dirty_frame() -> pd.DataFrame:
    """A table with a gap that is hidden, a category of two spellings, weights with units, and wrong labels."""
    frame = mixed_frame(240).drop(columns=["value", "since"])
    frame["weight"] = [f"{1000 + 7 * i} g" if i % 4 else f"{(1000 + 7 * i) / 1000} kg" for i in range(len(frame))]
    frame["count"] = frame["count"].where(frame.index % 9 != 0, -999)
    frame["city"] = frame["city"].where(frame.index % 20 != 0, frame["city"].str.upper())
    sure = frame["number"].abs().nlargest(4).index
    frame.loc[sure, "label"] = np.where(frame.loc[sure, "label"] == "high", "low", "high")
    return frame


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "dirty.csv"
    dirty_frame().to_csv(path, index=False)
    return path


def test_the_text_names_columns_evidence_and_repairs(dirty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(dirty), "--target", "label"]) == 0
    text = capsys.readouterr().out
    for part in ("240 rows, 5 columns, binary target 'label'", "weight", "2 units", "--repair units", "'-999'", "OSLO"):
        assert part in text


def test_json_and_html_tell_the_same(dirty: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(dirty), "-t", "label", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert {finding["check"] for finding in report["findings"]} >= {"units", "hidden", "spellings"}
    assert [column["name"] for column in report["columns"]][:2] == ["label", "number"]


def test_a_second_table_is_compared(dirty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(dirty), "-t", "label", "--test", str(dirty)]) == 0
    assert "240 rows of the test table are in the training table too" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.csv"], "no such file"),
        (["{dirty}", "--target", "labl"], "did you mean 'label'"),
        (["{dirty}", "--task", "clustering", "-t", "label"], "choose binary"),
        (["{dirty}", "--time-limit", "0"], "above 0"),
        (["{dirty}", "--drop", "nmber"], "did you mean 'number'"),
    ],
)
def test_errors_are_one_line(
    dirty: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    assert run(["check", *[a.format(dirty=dirty) for a in arguments]]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


@pytest.fixture(scope="module")
def repaired(dirty: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    run_fit(dirty, FitOptions(**{**FIT.__dict__, "output": folder, "repair": ("units", "hidden", "spellings")}))
    return folder


def test_a_fit_repairs_what_it_is_asked_to_and_replays_it(repaired: Path) -> None:
    model = load(repaired)
    assert model.schema["weight"].role == "numeric"
    assert set(model.schema["city"].levels) == {"Oslo", "Bergen", "Tromsø"}
    frame = dirty_frame().head(12)
    clean = frame.assign(
        weight=[1000.0 + 7 * i for i in range(12)],
        count=frame["count"].where(frame["count"] >= 0),
        city=frame["city"].str.title(),
    )
    clean["weight"] = [f"{w / 1000} kg" for w in clean["weight"]]
    np.testing.assert_allclose(model.predict_proba(frame), model.predict_proba(clean), rtol=1e-9)


def test_a_fit_keeps_its_findings(repaired: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = read_manifest(repaired / "model")["quality"]
    by_check = {finding["check"]: finding for finding in kept}
    assert by_check["units"]["repaired"] is True
    assert by_check["units"]["done"] == "repaired by 'units'"
    assert by_check["labels"]["column"] == "label"
    assert len(by_check["labels"]["rows"]) >= 2
    assert run(["check", str(repaired)]) == 0
    text = capsys.readouterr().out
    assert "look wrong to models" in text
    assert "repaired by 'units'" in text


def test_an_unknown_repair_names_the_nearest(
    dirty: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    assert run(["fit", str(dirty), "-t", "label", "-o", str(tmp_path / "run"), "--repair", "unit"]) == 2
    assert "did you mean 'units'" in capsys.readouterr().err
