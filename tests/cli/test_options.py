"""What is given to `automl fit` reaches the fit, and the help names what there is to choose from."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from automl.cli import options
from automl.cli.main import run
from automl.data.repairs import REPAIRS
from automl.errors import RunError
from automl.options import FitOptions
from automl.parts import PARTS

GIVEN = {
    "--target": "y", "--task": "binary", "--metric": "f1", "--test": "test.csv", "--test-size": "0.3", "--folds": "4",
    "--time-limit": "7", "--trials": "9", "--jobs": "2", "--memory-limit": "1GiB", "--role": "a=text", "--drop": "b",
    "--keep": "c", "--repair": "units,dates", "--weight": "w", "--group": "g", "--time": "t", "--images": "pictures",
    "--backbone": "bert", "--input-limit": "columns=10", "--families": "knn, svm", "--exclude": "svm",
    "--selection": "off", "--sampler": "grid", "--seed": "5", "--without": "ensemble", "--latency-limit": "3",
    "--output": "run",
}  # fmt: skip
WANTED = FitOptions(
    "y", task="binary", metric="f1", test=Path("test.csv"), test_size=0.3, folds=4, time_limit=7.0, trials=9, jobs=2,
    memory_limit="1GiB", roles={"a": "text"}, drop=("b",), keep=("c",), repair=("units", "dates"), weight="w",
    group="g", time="t", images=Path("pictures"), backbones=(Path("bert"),), input_limits=("columns=10",),
    families=("knn", "svm"), exclude=("svm",), selection="off", sampler="grid", seed=5, without=("ensemble",),
    fast=True, latency_limit=3.0, output=Path("run"),
)  # fmt: skip
ONLY_FROM_PYTHON = {"extra_families", "backend"}


def test_every_option_reaches_the_fit(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[FitOptions] = []

    def run_fit(source: Path, options: FitOptions, **_: object) -> None:
        asked.append(options)
        raise RunError(f"seen {source}")

    monkeypatch.setattr("automl.engine.run_fit", run_fit)
    assert run(["fit", "data.csv", "--fast", *(word for pair in GIVEN.items() for word in pair)]) == 2
    assert "seen data.csv" in capsys.readouterr().err
    assert asked == [WANTED]
    plain = FitOptions("")
    same = {field.name for field in fields(plain) if getattr(plain, field.name) == getattr(WANTED, field.name)}
    assert same == ONLY_FROM_PYTHON


@pytest.mark.parametrize(("option", "names"), [(options.Repair, REPAIRS), (options.Without, PARTS)])
def test_the_help_names_what_there_is_to_choose_from(option: object, names: dict[str, str]) -> None:
    said = get_args(option)[1].help
    assert ", ".join(names) in said


def test_the_help_of_a_fit_has_its_options_in_panels(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fit", "--help"]) == 0
    shown = capsys.readouterr().out
    titles = ["Task", "Limits", "Columns", "Files", "Search", "Model", "Run", "Output"]
    places = [shown.index(f"─ {title} ─") for title in titles]
    assert places == sorted(places)
