"""Gradient-boosted oblivious trees by CatBoost."""

from importlib.util import find_spec

from automl.plugin import ModelFamily, hookimpl
from automl_catboost.family import CatBoost

if find_spec("catboost") is None:
    # Said at import, so that the plugin is listed as unavailable with the command that mends it.
    raise ModuleNotFoundError("the plugin needs catboost: pip install catboost", name="catboost")


@hookimpl
def automl_families() -> list[ModelFamily]:
    """Return the families of this plugin."""
    return [CatBoost()]
