"""Neural families, and the training layer that they share.

Importing this package loads neither torch nor safetensors: the families import the modules that need them when they
fit, save or load. Prediction needs no torch at all.
"""

from automl.plugin import ModelFamily, hookimpl
from automl_torch.mlp import MLP
from automl_torch.tabm import TabM


@hookimpl
def automl_families() -> list[ModelFamily]:
    """Return the families of this plugin."""
    return [MLP(), TabM()]
