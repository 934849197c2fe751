"""Transformers for texts and tables.

Importing this package does not load torch: the family imports the modules that need it when it fits or loads.
"""

from automl.plugin import ModelFamily, hookimpl
from automl_transformer.family import Transformer


@hookimpl
def automl_families() -> list[ModelFamily]:
    """Return the families of this plugin."""
    return [Transformer()]
