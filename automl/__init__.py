"""A plugin-based AutoML engine: from a table and a column to predict to a model that can be trusted and shipped."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from automl.version import VERSION

if TYPE_CHECKING:
    from automl.data.quality.table import check_table
    from automl.engine import load
    from automl.estimator import AutoMLClassifier, AutoMLRegressor

__version__ = VERSION
__all__ = ["AutoMLClassifier", "AutoMLRegressor", "__version__", "check_table", "load"]

# Looked up on first use, so that `import automl` loads no library of models.
_HOMES = {
    "AutoMLClassifier": "automl.estimator",
    "AutoMLRegressor": "automl.estimator",
    "check_table": "automl.data.quality.table",
    "load": "automl.engine",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'automl' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
