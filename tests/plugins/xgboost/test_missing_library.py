from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import ModuleSpec
from importlib.metadata import EntryPoint

import pytest

from automl.plugin.registry import collect


def test_without_the_library_the_plugin_is_listed_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec

    def absent(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name == "xgboost" else find(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", absent)
    monkeypatch.delitem(sys.modules, "automl_xgboost", raising=False)
    [plugin] = collect([EntryPoint("xgboost", "automl_xgboost", "automl")]).plugins
    assert plugin.status == "unavailable"
    assert "'xgboost'" in plugin.reason
    assert "pip install" in plugin.reason
