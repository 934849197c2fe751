from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import EntryPoint
from types import MappingProxyType, ModuleType

import pytest
import typer

from automl.cli.main import run
from automl.plugin import hookimpl
from automl.plugin import registry as registry_module
from automl.plugin.registry import DISABLED, PluginInfo, collect, discover
from tests.testing.good import Good


class Flawed(Good):
    name = "flawed"
    expected_failures = MappingProxyType({"silence": "it is talkative by nature"})

    def cost(self, params, task, profile):
        return 1000 / profile.n_rows


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch):
    """Two more plugins: one with a good and a flawed family, and one that cannot be loaded."""
    found = discover()
    more = replace(
        found,
        plugins=(
            *found.plugins,
            PluginInfo("pair", families=("good", "flawed")),
            PluginInfo("gone", status="unavailable", reason="its library is missing"),
            PluginInfo("listener"),
        ),
        families={**found.families, "good": Good(), "flawed": Flawed()},
    )
    monkeypatch.setattr(registry_module, "discover", lambda: more)


def test_a_good_family_passes(installed, capsys) -> None:
    assert run(["plugins", "check", "good"]) == 0
    told = capsys.readouterr().out
    assert "portfolio_in_space" in told
    assert "checks passed in" in told
    assert "failed" not in told


def test_a_flawed_family_fails_and_says_why(installed, capsys) -> None:
    assert run(["plugins", "check", "pair", "--json"]) == 1
    outcomes = json.loads(capsys.readouterr().out)
    assert {outcome["family"] for outcome in outcomes} == {"good", "flawed"}
    wrong = {outcome["check"]: outcome for outcome in outcomes if outcome["status"] not in {"passed"}}
    assert set(wrong) == {"cost", "silence"}
    assert "costs" in wrong["cost"]["reason"]
    assert wrong["silence"]["status"] == "unexpected pass"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("god", "unknown plugin 'god': did you mean 'good'"),
        ("gone", "plugin 'gone' cannot be checked, it is unavailable: its library is missing"),
        ("listener", "brings no family"),
    ],
)
def test_what_cannot_be_checked(installed, capsys, name: str, message: str) -> None:
    assert run(["plugins", "check", name]) == 2
    assert message in capsys.readouterr().err


def test_the_list_stays(installed, capsys) -> None:
    assert run(["plugins", "--json"]) == 0
    listed = {info["plugin"]: info for info in json.loads(capsys.readouterr().out)}
    assert listed["gone"]["status"] == "unavailable"
    assert listed["pair"]["families"] == ["good", "flawed"]


def test_a_plugin_is_switched_off(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setenv(DISABLED, "")
    assert run(["plugins", "--disable-plugin", "classical", "--disable-plugin", "torch", "--json"]) == 0
    listed = {info["plugin"]: info["status"] for info in json.loads(capsys.readouterr().out)}
    assert listed["classical"] == listed["torch"] == "disabled"
    assert os.environ[DISABLED] == "classical,torch"


@pytest.mark.parametrize("command", [["plugins"], ["fit", "missing.csv", "--target", "y"]])
def test_switching_off_what_is_not_installed(command: list[str], capsys) -> None:
    assert run([*command, "--disable-plugin", "clasical"]) == 2
    assert "unknown plugin 'clasical': did you mean 'classical'" in capsys.readouterr().err


def test_a_plugin_whose_commands_fail_costs_its_own_only(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    def plugin(name: str, automl_commands: Callable[[typer.Typer], None]) -> EntryPoint:
        module = ModuleType(f"commands_of_{name}")
        module.automl_commands = hookimpl(automl_commands)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        return EntryPoint(name, module.__name__, "automl")

    def broken(app: typer.Typer) -> None:
        raise RuntimeError("no terminal")

    def greeting(app: typer.Typer) -> None:
        @app.command("greet")
        def greet() -> None:
            sys.stdout.write("hello\n")

    found = collect([plugin("broken", broken), plugin("greeting", greeting)])
    monkeypatch.setattr(registry_module, "discover", lambda: found)
    assert run(["greet"]) == 0
    told = capsys.readouterr()
    assert told.out == "hello\n"
    assert "plugin 'broken' adds no commands: RuntimeError: no terminal" in told.err
    assert "Traceback" not in told.err
    assert run(["greet", "--debug"]) == 0
    assert "in broken" in capsys.readouterr().err
