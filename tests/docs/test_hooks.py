"""The page on hooks holds each hook as it is written in the code, and so does the reference each name of the door."""

from __future__ import annotations

import inspect
import re
import sys
import types
from importlib.metadata import EntryPoint

import numpy as np
import pytest
import typer

from automl import plugin
from automl.plugin import Limits, Target, TaskKind, hookspecs
from automl.plugin.registry import collect
from automl.testing import sample
from tests.conftest import ROOT
from tests.docs.blocks import read_blocks

HOOKS = [name for name, value in vars(hookspecs).items() if hasattr(value, "automl_spec")]


def test_there_are_hooks():
    assert len(HOOKS) >= 4


@pytest.mark.parametrize("hook", HOOKS)
def test_each_hook_stands_there_with_its_literal_signature(hook):
    source = inspect.getsource(getattr(hookspecs, hook))
    signature = re.search(rf"def {hook}\(.*?\) -> .*?:\n", source, re.DOTALL)
    assert signature is not None
    assert signature[0] in (ROOT / "docs" / "hooks.md").read_text(encoding="utf-8")


def test_the_reference_has_every_name_that_plugins_import():
    page = (ROOT / "docs" / "reference" / "plugin.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^::: automl\.plugin\.(\w+)$", page, re.MULTILINE))
    linked = set(re.findall(r"errors\.md#automl\.errors\.(\w+)", page))
    assert set(plugin.__all__) == (listed | linked) - {"hookspecs"}


def test_the_plugin_of_the_page_works(monkeypatch, capsys):
    """Registered as a module of its own, it brings all that the page says, and each does what it should."""
    page = ROOT / "docs" / "hooks.md"
    module = types.ModuleType("documented")
    monkeypatch.setitem(sys.modules, "documented", module)
    for block in read_blocks(page):
        if block.language == "python":
            exec(compile("\n" * (block.line - 1) + block.text, str(page), "exec"), module.__dict__)
    registry = collect([EntryPoint("documented", "documented", "automl")])
    assert [plugin.status for plugin in registry.plugins] == ["available"]

    one = sample(TaskKind.REGRESSION)
    target = Target(one.y, one.task)
    derived, table = registry.encoders["gaps"].fit(one.table, target, seed=0)
    assert table.numeric[:, -1].sum() == np.isnan(one.table.numeric).sum() > 0
    np.testing.assert_array_equal(derived.extend(one.table).numeric, table.numeric)

    train, score = one.parts(registry.families["huber"].encoding({"alpha": 1e-4}, one.task))
    ranking = registry.selectors["correlation"].rank(train.features, Target(train.y, one.task), seed=0)
    assert train.features.names[ranking.order[0]] == "x0"

    model = registry.families["huber"].build({"alpha": 1e-4}, one.task, seed=0)
    model.fit(train, None, Limits())
    assert 0 < registry.metrics["mean_log_ratio"].error(score.y, model.predict(score.features)) < 0.1

    registry.hook.automl_trial_finished(record={"number": 0, "family": "huber", "state": "complete", "error": 1.0})
    assert module.FINISHED == [(0, "huber", "complete", 1.0)]

    app = typer.Typer()
    app.command("other")(lambda: None)
    registry.hook.automl_commands(app=app)
    app(["greet", "World"], standalone_mode=False)
    assert capsys.readouterr().out == "Hello, World\n"
