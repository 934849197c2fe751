"""Features made of other columns, as a few named recipes that search spaces choose among."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from automl.data.dataset import Profile
from automl.data.schema import Role
from automl.features.encoding import Encoding
from automl.plugin.family import Suggest
from automl.plugin.model import Param, Params

FEATURES = "features"
"""The parameter that names a recipe; families of libraries must not pass it on to the library."""

_MEANS: Mapping[str, Any] = {"target_means": True, "frequency": True, "entities": True}
_PAIRS: Mapping[str, Any] = {"groups": 6, "arithmetic": 12}
RECIPES: Mapping[str, Mapping[str, Any]] = {
    "plain": {},
    "means": _MEANS,
    "groups": {**_MEANS, "groups": 6},
    "pairs": _PAIRS,
    "bins": {"bins": 8},
    "all": {**_MEANS, **_PAIRS, "crosses": 5},
}
"""What each recipe adds to an encoding.

`means`: target means and frequencies of categories, parts of names and codes. `groups`: these and group statistics.
`pairs`: group statistics and arithmetic. `bins`: ranges of numbers. `all`: means, pairs and crosses. What they are
worth for which family was measured by `benchmarks/encodings.py`.
"""


def recipes(profile: Profile, wanted: Sequence[str]) -> list[Param]:
    """Return those of the wanted recipes that make something of a table's columns, `plain` first."""
    numbers, categories = profile.count(Role.NUMERIC), profile.count(Role.CATEGORICAL)
    makes = {
        "means": categories + profile.count(Role.TEXT) > 0,
        "groups": numbers > 0 and categories > 0,
        "pairs": numbers > 1 or (numbers > 0 and categories > 0),
        "bins": numbers > 0,
        "all": numbers + categories > 1,
    }
    return ["plain", *(name for name in wanted if makes[name])]


def recipe_entry(profile: Profile, wanted: Sequence[str], recipe: str) -> dict[str, Param]:
    """Return the parameter of a portfolio entry: the recipe, or `plain` where it makes nothing; nothing without choice.

    `wanted` must be what `suggest_recipe` is given.
    """
    choices = recipes(profile, wanted)
    return {FEATURES: recipe if recipe in choices else "plain"} if len(choices) > 1 else {}


def suggest_recipe(trial: Suggest, profile: Profile, wanted: Sequence[str]) -> dict[str, Param]:
    """Sample a recipe, if there is a choice."""
    choices = recipes(profile, wanted)
    return {FEATURES: trial.suggest_categorical(FEATURES, choices)} if len(choices) > 1 else {}


def with_recipe(encoding: Encoding, params: Params) -> Encoding:
    """Return the encoding with what the parameters' recipe adds."""
    return replace(encoding, **RECIPES[str(params.get(FEATURES, "plain"))])


def recipe_width(params: Params, profile: Profile) -> int:
    """Estimate how many columns the recipe adds."""
    recipe = params.get(FEATURES, "plain")
    means = 2 * profile.count(Role.CATEGORICAL) + 6 * profile.count(Role.TEXT)
    bins = 6 * profile.count(Role.NUMERIC)
    return {"means": means, "groups": means + 12, "pairs": 24, "bins": bins, "all": means + 29}.get(str(recipe), 0)
