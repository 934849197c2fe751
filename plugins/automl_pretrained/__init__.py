"""Networks that start from weights on disk, named by `--backbone`: transformers' for texts, timm's for images.

Importing this package loads none of these libraries: the families import the modules that need them when a checkpoint
is opened, fitted or loaded.
"""

from importlib.util import find_spec

from automl.plugin import ModelFamily, hookimpl
from automl_pretrained.frozen import Pretrained
from automl_pretrained.tuned import Finetuned

# Said at import, so that the plugin is listed as unavailable with the command that mends it.
if not (find_spec("transformers") or find_spec("timm")):
    raise ModuleNotFoundError("the plugin needs transformers or timm", name="transformers")
if find_spec("torch") is None:
    raise ModuleNotFoundError("the plugin needs torch", name="torch")


@hookimpl
def automl_families() -> list[ModelFamily]:
    """Return the families of this plugin."""
    return [Pretrained(), Finetuned()]
