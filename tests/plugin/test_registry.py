from __future__ import annotations

import os
import sys
from importlib.metadata import EntryPoint, PathDistribution
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
from automl.plugin.contract import API_VERSION
from automl.plugin.imports import Importer
from automl.plugin.registry import DISABLED, PluginInfo, Registry, collect, discover, select, switch_off
from automl.plugin.remedies import remedy


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
    error = info(registry, name).error
    assert error is not None
    assert error.__traceback__ is not None
    assert list(registry.families) == ["one"]


def test_a_missing_module_names_the_command_that_mends_it() -> None:
    registry = collect([EntryPoint("gone", "surely_not_installed.plugin", "automl")])
    assert info(registry, "gone").status == "unavailable"
    assert info(registry, "gone").reason.endswith('pip install "surely_not_installed"')


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


def test_an_import_that_is_too_slow_costs_its_plugin_the_run_and_not_the_others(install, tmp_path, monkeypatch) -> None:
    (tmp_path / "slow_plugin.py").write_text("import threading; go = threading.Event(); go.wait()")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("automl.plugin.imports.LEAST_PATIENCE", 0.05)
    importer = Importer(0.05)
    slow = EntryPoint("another_slow", "slow_plugin", "automl")
    registry = collect([slow, install("good", automl_families=bringing("one"))], (), importer)
    assert list(registry.families) == ["one"]
    assert "its import took more than" in info(registry, "another_slow").reason
    (late,) = importer.late
    sys.modules["slow_plugin"].go.set()
    late.join()
    assert info(collect([slow]), "another_slow").status == "available"


def test_impatience_changes_nothing_for_what_imports_or_raises_in_time(install) -> None:
    gone = EntryPoint("gone", "surely_not_installed.plugin", "automl")
    registry = collect([install("good", automl_families=bringing("one")), gone], (), Importer(60))
    assert list(registry.families) == ["one"]
    assert info(registry, "gone").reason.startswith("it needs the module 'surely_not_installed'")


def test_the_installed_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "lightgbm" in discover().families
    assert info(discover(), "classical").version
    assert info(discover(["classical"]), "classical").status == "disabled"
    monkeypatch.setenv(DISABLED, "torch, classical")
    assert info(discover(), "classical").status == "disabled"
    assert "lightgbm" not in discover().families


def test_a_disabled_plugin_that_is_not_installed_names_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OptionError, match="unknown plugin 'clasical': did you mean 'classical'"):
        discover(["clasical"])
    with pytest.raises(OptionError, match="unknown plugin 'clasical': did you mean 'classical'"):
        switch_off(["clasical"])
    monkeypatch.setenv(DISABLED, "clasical,torch")
    with pytest.warns(UserWarning, match=f"{DISABLED}: unknown plugin 'clasical': did you mean 'classical'"):
        assert info(discover(), "torch").status == "disabled"
    assert "lightgbm" in discover().families


def test_switching_off_adds_to_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DISABLED, "torch")
    switch_off([])
    switch_off(["classical", "torch"])
    assert os.environ[DISABLED] == "torch,classical"
    assert "lightgbm" not in discover().families


@pytest.mark.parametrize(
    ("built_for", "what_to_do"),
    [
        ("2.0", "pip install --upgrade automl-engine"),
        ("0.9", "install a newer version of the plugin"),
    ],
)
def test_a_plugin_for_another_major_version_is_incompatible(install, built_for: str, what_to_do: str) -> None:
    old = install("old", AUTOML_API_VERSION=built_for, automl_families=bringing("one"))
    registry = collect([old, install("zgood", AUTOML_API_VERSION=API_VERSION, automl_families=bringing("two"))])
    assert info(registry, "old").status == "incompatible"
    assert f"written for version {built_for}" in info(registry, "old").reason
    assert info(registry, "old").reason.endswith(what_to_do)
    assert list(registry.families) == ["two"]


def test_a_version_that_is_none_says_what_it_should_look_like(install) -> None:
    registry = collect([install("odd", AUTOML_API_VERSION=2, automl_families=bringing("one"))])
    assert info(registry, "odd").status == "unavailable"
    assert 'must look like "1.0", but is 2' in info(registry, "odd").reason


def test_the_narrowest_extra_mends_a_missing_library(tmp_path: Path) -> None:
    made = tmp_path / "some-1.0.dist-info"
    made.mkdir()
    requires = [
        "catboost>=1; extra == 'all'",
        "xgboost-cpu>=1; extra == 'all'",
        "catboost>=1; extra == 'trees'",
        "xgboost-cpu>=1; extra == 'a'",
    ]
    lines = ["Metadata-Version: 2.1", "Name: some", "Version: 1.0", *(f"Requires-Dist: {one}" for one in requires)]
    (made / "METADATA").write_text("\n".join(lines) + "\n")
    entry = EntryPoint("trees", "some_trees", "automl")._for(PathDistribution(made))
    missing = ModuleNotFoundError("No module named 'catboost'", name="catboost")
    assert remedy(entry, missing).endswith('pip install "some[trees]"')


def test_a_name_that_the_contract_lacks_is_told() -> None:
    error = ImportError("cannot import name 'Telepathy' from 'automl.plugin'", name="automl.plugin")
    assert f"version {API_VERSION} of the plugin contract" in remedy(EntryPoint("x", "x", "automl"), error)


def test_the_door_exports_what_authors_need() -> None:
    assert all(thing is not None for thing in (Encoding, Features, Limits, Part))
