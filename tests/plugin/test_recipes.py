import pytest

from automl.data.dataset import Profile
from automl.data.schema import Role
from automl.features.encoding import Encoding
from automl.plugin.recipes import FEATURES, RECIPES, recipe_entry, recipes, suggest_recipe, with_recipe


def profile(**columns):
    return Profile(100, 2, tuple((Role(role), n) for role, n in columns.items()))


class First:
    def suggest_categorical(self, name, choices):
        return choices[0]


@pytest.mark.parametrize(
    ("columns", "offered"),
    [
        ({"numeric": 3, "categorical": 2}, ["plain", "means", "groups", "pairs", "bins", "all"]),
        ({"numeric": 3}, ["plain", "pairs", "bins", "all"]),
        ({"numeric": 1}, ["plain", "bins"]),
        ({"categorical": 1}, ["plain", "means"]),
        ({"text": 1}, ["plain", "means"]),
        ({"image": 1}, ["plain"]),
    ],
)
def test_only_what_makes_something_of_the_columns_is_offered(columns, offered):
    assert recipes(profile(**columns), ("means", "groups", "pairs", "bins", "all")) == offered


def test_an_entry_is_in_the_space_whatever_the_columns():
    for columns in ({"numeric": 3, "categorical": 2}, {"numeric": 1}, {"image": 1}):
        entry = recipe_entry(profile(**columns), ("means", "all"), "means")
        sampled = suggest_recipe(First(), profile(**columns), ("means", "all"))
        assert entry.keys() == sampled.keys()
        assert all(value in recipes(profile(**columns), ("means", "all")) for value in entry.values())


def test_every_recipe_is_an_encoding():
    for name in RECIPES:
        encoding = with_recipe(Encoding("standard", keep=0.5), {FEATURES: name})
        assert (encoding == Encoding("standard", keep=0.5)) == (name == "plain")
    assert with_recipe(Encoding(), {}) == Encoding()
