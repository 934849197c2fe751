"""Additive models that a person can read: the explainable boosting machine of InterpretML."""

from importlib.util import find_spec

from automl.plugin import ModelFamily, hookimpl
from automl_explainable.family import ExplainableBoosting

if find_spec("interpret") is None:
    # Said at import, so that the plugin is listed as unavailable with the command that mends it.
    raise ModuleNotFoundError("the plugin needs interpret: pip install interpret-core", name="interpret")


@hookimpl
def automl_families() -> list[ModelFamily]:
    """Return the families of this plugin."""
    return [ExplainableBoosting()]
