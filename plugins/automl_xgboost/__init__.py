"""Gradient-boosted trees by XGBoost."""

from importlib.util import find_spec

from automl.plugin import ModelFamily, hookimpl
from automl_xgboost.family import XGBoost

if find_spec("xgboost") is None:
    # Said at import, so that the plugin is listed as unavailable with the command that mends it.
    raise ModuleNotFoundError("the plugin needs xgboost: pip install xgboost-cpu", name="xgboost")


@hookimpl
def automl_families() -> list[ModelFamily]:
    """Return the families of this plugin."""
    return [XGBoost()]
