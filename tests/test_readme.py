"""The README's promises: its plugin works as printed, and its commands exist."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path

import pytest

from automl.cli.main import run
from automl.engine import run_fit
from automl.options import FitOptions
from automl.plugin.registry import collect
from automl.testing import check_family
from tests.conftest import ROOT, mixed_frame

README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def plugin(monkeypatch) -> types.ModuleType:
    source = next(block for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "SklearnFamily" in block)
    module = types.ModuleType("my_package")
    monkeypatch.setitem(sys.modules, "my_package", module)
    exec(compile(source, "README.md", "exec"), module.__dict__)
    return module


def test_the_family_keeps_the_contract_and_wins_trials(plugin, tmp_path: Path):
    family = plugin.Discriminant()
    check_family(family)
    options = FitOptions(
        "label",
        output=tmp_path / "run",
        trials=3,
        families=("discriminant",),
        extra_families=(family,),
        backend="inline",
    )
    assert run_fit(mixed_frame(200), options).members[0]["family"] == "discriminant"


def test_the_plugin_is_found_by_its_entry_point(plugin):
    from importlib.metadata import EntryPoint

    registry = collect([EntryPoint("discriminant", "my_package", "automl")])
    assert set(registry.families) == {"discriminant"}


@pytest.mark.parametrize("command", ["fit", "predict", "evaluate", "leaderboard", "plugins"])
def test_the_commands_exist(command, capsys):
    assert f"automl {command}" in README
    assert run([command, "--help"]) == 0
    assert capsys.readouterr().out


def test_the_options_exist(capsys):
    run(["fit", "--help"])
    shown = capsys.readouterr().out
    table = README.split("| option | meaning |")[1].split("##")[0]
    for option in set(re.findall(r"--[a-z][a-z-]+", table)) - {"--debug"}:
        assert option in shown
