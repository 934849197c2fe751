"""The model family hello, as a plugin of automl-engine."""

from automl.plugin import ModelFamily, hookimpl

from automl_hello.family import Hello

AUTOML_API_VERSION = "1.0"  # the version of automl.plugin that this was written for


@hookimpl
def automl_families() -> list[ModelFamily]:
    """Bring the family to the engine."""
    return [Hello()]
