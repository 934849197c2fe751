from __future__ import annotations

import sys
from types import ModuleType

import pytest

from automl import plugin
from automl.errors import PluginError
from automl.plugin.contract import API_VERSION, RENAMED, PluginDeprecationWarning, Renamed, forwarding, incompatibility


def major(version: str) -> int:
    return int(version.partition(".")[0])


def module(version: object) -> ModuleType:
    made = ModuleType("some_plugin")
    made.AUTOML_API_VERSION = version
    return made


def test_a_plugin_of_this_major_version_fits_whatever_the_minor_one() -> None:
    assert incompatibility(ModuleType("silent")) == ""
    assert all(incompatibility(module(version), api_version="3.4") == "" for version in ("3.0", "3.4", "3.9"))


def test_a_plugin_of_another_one_is_told_what_to_do() -> None:
    assert "pip install --upgrade some-plugin" in incompatibility(module("2.1"), "some-plugin", "3.4")
    assert "pip install --upgrade automl-engine" in incompatibility(module("4.0"), "some-plugin", "3.4")


@pytest.mark.parametrize("version", ["3", "3.1.2", "three", 3.1, None])
def test_what_is_no_version_is_refused(version: object) -> None:
    with pytest.raises(PluginError, match="must look like"):
        incompatibility(module(version))


def test_an_old_name_works_and_warns(monkeypatch: pytest.MonkeyPatch) -> None:
    made = ModuleType("door")
    made.New = object()
    monkeypatch.setitem(sys.modules, "door", made)
    made.__getattr__ = forwarding("door", [Renamed("Old", "New", since="1.2")])
    with pytest.warns(PluginDeprecationWarning, match=r"door.Old is New since version 1.2.*use New"):
        assert made.Old is made.New
    with pytest.raises(AttributeError, match="no attribute 'Other'"):
        made.Other  # noqa: B018


def test_the_door_forwards_its_own_renamed_names() -> None:
    with pytest.raises(AttributeError, match="Never"):
        plugin.Never  # noqa: B018
    for item in RENAMED:
        assert not hasattr(plugin, item.old) or item.old not in vars(plugin)
        assert hasattr(plugin, item.new)


def test_no_deprecation_outlives_its_major_version() -> None:
    assert all(major(item.since) == major(API_VERSION) for item in RENAMED)
