from __future__ import annotations

import pytest

from automl.errors import OptionError
from automl.plugin.registry import PluginInfo, Registry
from automl.scaffold import Names, refuse_taken

REGISTRY = Registry((PluginInfo("classical", "automl-engine", families=("linear",)), PluginInfo("gone", "elsewhere")))


def test_a_free_name_is_left_alone():
    refuse_taken(Names.of("free"), REGISTRY)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("linear", "family name 'linear' is taken .the plugin 'classical'"),
        ("gone", "plugin name 'gone' is taken .'elsewhere'"),
        ("classical", "plugin name 'classical'"),
        ("engine", "distribution name 'automl-engine' is taken .version"),
    ],
)
def test_a_taken_name_is_refused_with_its_owner(name, message):
    with pytest.raises(OptionError, match=message):
        refuse_taken(Names.of(name), REGISTRY)


def test_a_package_that_can_be_imported_is_refused(tmp_path, monkeypatch):
    (tmp_path / "automl_mine.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(OptionError, match="package name 'automl_mine'"):
        refuse_taken(Names.of("mine"), REGISTRY)
