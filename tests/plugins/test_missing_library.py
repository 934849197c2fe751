from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import ModuleSpec
from importlib.metadata import EntryPoint

import pytest

from automl.plugin.registry import collect


@pytest.mark.parametrize(
    ("plugin", "libraries"),
    [
        ("catboost", ["catboost"]),
        ("xgboost", ["xgboost"]),
        ("explainable", ["interpret"]),
        ("pretrained", ["transformers", "timm"]),
        ("pretrained", ["torch"]),
    ],
)
def test_without_the_library_the_plugin_is_listed_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, plugin: str, libraries: list[str]
) -> None:
    find = importlib.util.find_spec

    def absent(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name in libraries else find(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", absent)
    monkeypatch.delitem(sys.modules, f"automl_{plugin}", raising=False)
    [found] = collect([EntryPoint(plugin, f"automl_{plugin}", "automl")]).plugins
    assert found.status == "unavailable"
    assert f"'{libraries[0]}'" in found.reason
    assert "pip install" in found.reason
