"""Convolutional networks for images, texts and sequences.

Importing this package does not load torch: the family imports the modules that need it when it fits or loads.
"""

from automl.plugin import ModelFamily, hookimpl
from automl_cnn.family import CNN


@hookimpl
def automl_families() -> list[ModelFamily]:
    """Return the families of this plugin."""
    return [CNN()]
