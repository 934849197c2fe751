"""Travelling to the processes in which trials run."""

from __future__ import annotations

import sys

import numpy as np
from numpy.typing import NDArray

from automl.plugin import Features, Model, ModelFamily
from automl.testing import expect
from automl.testing.elsewhere import elsewhere, importable, loaded_by
from automl.testing.fits import contrasting, fitted

_MANY = 300
"""Modules that a light import may bring beyond `automl.plugin`; pytest brings 130, heavy libraries 500 to 1500."""


def check_travels(family: ModelFamily) -> None:
    """The family and a fitted model can be sent to a worker process, and predict the same there."""
    for one in contrasting(family):
        found = fitted(family, one)
        prediction = elsewhere(family, _predict, found.model, found.score.features)
        expect.same(family, found.prediction, prediction, "going to another process")


def check_import_is_light(family: ModelFamily) -> None:
    """Importing the family's module loads no heavy library; that waits until a model is fitted or loaded."""
    module = type(family).__module__
    if not importable(module):
        return  # typed into a notebook, or made by hand: there is nothing to import
    own = module.partition(".")[0]
    foreign = {name for name in loaded_by(module) if _top(name) not in {own, "automl", *sys.stdlib_module_names}}
    tops = sorted({_top(name) for name in foreign}, key=lambda top: -sum(_top(name) == top for name in foreign))
    assert len(foreign) <= _MANY, (
        f"{family.name}: importing '{module}' loads {len(foreign)} modules of {', '.join(tops[:4])}: "
        "import heavy libraries inside the functions that need them"
    )


def _top(module: str) -> str:
    return module.partition(".")[0]


def _predict(family: ModelFamily, model: Model, features: Features) -> NDArray[np.float64]:
    return model.predict(features)
