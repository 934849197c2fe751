from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import pytest

from automl.errors import OptionError
from automl.plugin import (
    Encoding,
    Features,
    Limits,
    Metric,
    Model,
    ModelFamily,
    Params,
    Part,
    Profile,
    Role,
    Suggest,
    Task,
    hookimpl,
)
from automl.plugin.registry import DISABLED, PluginInfo, Registry, collect, discover, select


class Named(ModelFamily):
    inputs = frozenset({Role.NUMERIC})

    def __init__(self, name: str) -> None:
        self.name = name  # type: ignore[misc]  # a class each would hide what the tests are about

    def portfolio(self, task: Task, profile: Profile) -> list[Params]:
        return [{}]

    def suggest(self, trial: Suggest, task: Task, profile: Profile) -> Params:
        return {}

    def build(self, params: Params, task: Task, seed: int) -> Model:
        raise NotImplementedError

    def load(self, folder: Path) -> Model:
        raise NotImplementedError


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch):
    """Put a module among those that can be imported, and return its entry point."""

    def install(name: str, **content: object) -> EntryPoint:
        module = ModuleType(f"fake_{name}")
        vars(module).update({key: hookimpl(value) if callable(value) else value for key, value in content.items()})
        monkeypatch.setitem(sys.modules, module.__name__, module)
        return EntryPoint(name, module.__name__, "automl")

    return install


def bringing(*names: str):
    def automl_families() -> list[ModelFamily]:
        return [Named(name) for name in names]

    return automl_families


def info(registry: Registry, name: str) -> PluginInfo:
    return next(plugin for plugin in registry.plugins if plugin.name == name)


def test_a_plugin_brings_its_families_and_metrics(install) -> None:
    metric = Metric("fun", frozenset(), True, "values", lambda y, p, w: 0.0)

    def automl_metrics() -> list[Metric]:
        return [metric]

    registry = collect([install("good", automl_families=bringing("one", "two"), automl_metrics=automl_metrics)])
    assert list(registry.families) == ["one", "two"]
    assert registry.metrics == {"fun": metric}
    assert registry.plugins == (
        PluginInfo("good", families=("one", "two"), inputs=frozenset({Role.NUMERIC}), status="available"),
    )


def test_hooks_reach_the_plugins_that_work(install) -> None:
    seen = []

    def automl_trial_finished(record: dict[str, object]) -> None:
        seen.append(record)

    registry = collect([install("listener", automl_trial_finished=automl_trial_finished)])
    registry.hook.automl_trial_finished(record={"number": 3})
    assert seen == [{"number": 3}]


def broken(name: str) -> dict[str, object]:
    def raises() -> list[ModelFamily]:
        raise RuntimeError("no accelerator")

    def not_families() -> list[object]:
        return ["lightgbm"]

    def extra(task: str) -> list[ModelFamily]:
        return []

    return {
        "misspelled": {"automl_familes": bringing("x")},
        "raises": {"automl_families": raises},
        "not_families": {"automl_families": not_families},
        "wrong_argument": {"automl_families": extra},
        "bad_name": {"automl_families": bringing("Light GBM")},
        "twice": {"automl_families": bringing("x", "x")},
    }[name]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("misspelled", "automl_familes"),
        ("raises", "no accelerator"),
        ("not_families", "instances of ModelFamily"),
        ("wrong_argument", "task"),
        ("bad_name", "'Light GBM' must be lower-case"),
        ("twice", "already taken"),
    ],
)
def test_a_plugin_that_fails_says_why_and_stops_nothing(install, name: str, reason: str) -> None:
    registry = collect([install(name, **broken(name)), install("zgood", automl_families=bringing("one"))])
    assert info(registry, name).status == "unavailable"
    assert reason in info(registry, name).reason
    assert list(registry.families) == ["one"]


def test_a_missing_module_names_the_command_that_mends_it() -> None:
    registry = collect([EntryPoint("gone", "surely_not_installed.plugin", "automl")])
    assert info(registry, "gone").status == "unavailable"
    assert info(registry, "gone").reason.endswith("pip install 'surely_not_installed'")


def test_a_taken_family_name_leaves_the_first_in_place(install) -> None:
    registry = collect(
        [install("b", automl_families=bringing("one", "two")), install("a", automl_families=bringing("one"))]
    )
    assert info(registry, "b").status == "unavailable"
    assert "'one' is already taken" in info(registry, "b").reason
    assert list(registry.families) == ["one"]


def test_a_disabled_plugin_is_listed_and_not_loaded(install) -> None:
    entry = install("good", automl_families=bringing("one"))
    del sys.modules["fake_good"]
    registry = collect([entry], disabled=["good"])
    assert info(registry, "good").status == "disabled"
    assert not registry.families


def test_an_unknown_family_names_the_nearest_and_what_failed(install) -> None:
    registry = collect([install("good", automl_families=bringing("forest")), install("bad", **broken("raises"))])
    assert registry.family("forest").name == "forest"
    with pytest.raises(OptionError, match=r"did you mean 'forest'.*plugin 'bad' is unavailable: .*no accelerator"):
        registry.family("forrest")


def test_select(install) -> None:
    registry = collect([install("good", automl_families=bringing("one", "two", "three"))])
    assert list(select(registry, None, ())) == ["one", "two", "three"]
    assert list(select(registry, ["two", "one"], ["one"])) == ["two"]
    with pytest.raises(OptionError, match="did you mean 'three'"):
        select(registry, ["thre"])
    with pytest.raises(OptionError, match="did you mean 'three'"):
        select(registry, None, ["thre"])


def test_the_installed_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "lightgbm" in discover().families
    assert info(discover(), "classical").version
    assert info(discover(["classical"]), "classical").status == "disabled"
    monkeypatch.setenv(DISABLED, "other, classical")
    assert info(discover(), "classical").status == "disabled"
    assert "lightgbm" not in discover().families


def test_the_door_exports_what_authors_need() -> None:
    assert all(thing is not None for thing in (Encoding, Features, Limits, Part))
