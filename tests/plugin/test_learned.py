"""Learned portfolios: where they come from, for which data, and what becomes of them in another table's space."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from automl.data.dataset import Profile
from automl.data.schema import Role
from automl.errors import PluginError
from automl.plugin import ModelFamily, SklearnFamily, Task, TaskKind, learned_portfolio
from automl.plugin.learned import instead, lay, portfolio_of
from automl.plugin.portfolio_file import PortfolioFile, Size, read_portfolio, size_of
from automl.plugin.registry import discover
from automl.testing.checks.space import check_portfolio_in_space
from benchmarks.portfolio.configurations import configurations

VALUES = Task(TaskKind.REGRESSION, "y")
LABELS = Task(TaskKind.BINARY, "y", ("a", "b"))
MODULE = """
from automl.plugin import SklearnFamily, learned_portfolio

class Taught(SklearnFamily):
    name = "taught"

    def portfolio(self, task, profile):
        return learned_portfolio(self, [{"depth": 3, "rate": 0.1, "mode": "a"}], task, profile)

    def suggest(self, trial, task, profile):
        return {
            "depth": trial.suggest_int("depth", 1, 9),
            "rate": trial.suggest_float("rate", 0.01, 0.5, log=True),
            "mode": trial.suggest_categorical("mode", ["a", "b"]),
        }

    def estimator(self, params, task, seed, threads):
        raise NotImplementedError
"""
CONTENT = {
    "format": 1,
    "made": {"suite": "some"},
    "sizes": [{"name": "small", "below": 1000}, {"name": "large", "below": None}],
    "families": {
        "taught": {
            "regression": {
                "small": [
                    {"depth": 5, "rate": 0.2, "mode": "b"},
                    {"depth": 50, "rate": 0.2, "mode": "b", "gone": 1},  # depth is not on offer, and `gone` not asked
                    {"depth": 3, "rate": 0.2, "mode": "b"},  # what the one before came down to
                    {"depth": True, "mode": "c"},
                ]
            }
        }
    },
}


def profile(n_rows: int) -> Profile:
    return Profile(n_rows, 1, ((Role.NUMERIC, 3),))


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """A package with a family, and what it was taught beside it."""
    name = f"taught_{abs(hash(request.node.name))}"
    folder = tmp_path / name
    folder.mkdir()
    (folder / "__init__.py").write_text(MODULE)
    (folder / "portfolio.json").write_text(json.dumps(CONTENT))
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def family_of(package: Path) -> ModelFamily:
    family: ModelFamily = __import__(package.name).Taught()
    return family


def test_what_was_learned_takes_the_place_of_what_is_written(package):
    taught = family_of(package)
    assert taught.portfolio(VALUES, profile(999)) == [
        {"depth": 5, "rate": 0.2, "mode": "b"},
        {"depth": 3, "rate": 0.2, "mode": "b"},
        {"depth": 3, "rate": 0.1, "mode": "a"},
    ]
    written = [{"depth": 3, "rate": 0.1, "mode": "a"}]
    assert taught.portfolio(VALUES, profile(1000)) == written  # of large tables nothing was learned
    assert taught.portfolio(LABELS, profile(999)) == written


def test_what_was_learned_can_be_left_out_or_replaced_to_be_measured(package):
    taught = family_of(package)
    with instead({}) as value:
        assert taught.portfolio(VALUES, profile(10)) == [{"depth": 3, "rate": 0.1, "mode": "a"}]
    assert value.asked == {"taught"}
    with instead({"taught": [{"depth": 9}]}):
        assert taught.portfolio(VALUES, profile(10)) == [{"depth": 9, "rate": 0.1, "mode": "a"}]
    assert len(taught.portfolio(VALUES, profile(10))) == 3


def test_a_damaged_file_names_itself_and_the_remedy(package):
    for damage in ("{", json.dumps(CONTENT | {"format": 9}), json.dumps(CONTENT | {"sizes": []}), "[]"):
        (package / "portfolio.json").write_text(damage)
        read_portfolio.cache_clear()
        with pytest.raises(PluginError, match=r"portfolio\.json: the learned portfolio cannot be read .*reinstall"):
            family_of(package).portfolio(VALUES, profile(10))
    (package / "portfolio.json").unlink()
    read_portfolio.cache_clear()
    assert len(family_of(package).portfolio(VALUES, profile(10))) == 1


class Here(SklearnFamily):
    """In a module of tests, which is no plugin's package."""

    name = "here"

    def portfolio(self, task, profile):
        return learned_portfolio(self, [{"flag": True}], task, profile)

    def suggest(self, trial, task, profile):
        return {"flag": trial.suggest_categorical("flag", [True, False])}

    def estimator(self, params, task, seed, threads):
        raise NotImplementedError


def test_a_family_outside_a_plugin_has_what_is_written():
    assert portfolio_of(Here()) is None
    assert Here().portfolio(VALUES, profile(10)) == [{"flag": True}]


def test_true_is_not_one_and_what_fits_nowhere_is_no_entry():
    assert lay(Here(), {"flag": 0}, {"flag": True}, VALUES, profile(10)) == {"flag": True}
    assert lay(Here(), {"flag": False}, {"flag": True}, VALUES, profile(10)) == {"flag": False}
    assert lay(Here(), {"flag": 0}, {"flag": 1}, VALUES, profile(10)) is None


def test_sizes_go_up_and_have_no_end():
    sizes = (Size("small", 1000), Size("large", None))
    assert [size_of(sizes, n) for n in (1, 999, 1000, 10**9)] == ["small", "small", "large", "large"]
    for wrong in ((), (Size("a", 10),), (Size("a", 10), Size("b", 5), Size("c", None)), (Size("a", None),) * 2):
        with pytest.raises(ValueError, match="the sizes must go up"):
            PortfolioFile(wrong, {})
    with pytest.raises(ValueError, match="no known kind and size"):
        PortfolioFile(sizes, {"f": {"regression": {"huge": ()}}})


def test_a_file_is_read_back_as_it_was(tmp_path):
    entries: tuple[dict[str, object], ...] = ({"a": 1, "b": 0.5, "c": "x", "d": None, "e": True},)
    file = PortfolioFile((Size("all", None),), {"f": {"binary": {"all": entries}}}, {"seeds": [0]})  # type: ignore[dict-item]
    path = tmp_path / "portfolio.json"
    path.write_text(json.dumps(file.to_json()))
    assert read_portfolio(path) == file


# Those that start from a --backbone take no table without one; they are asked where there are checkpoints.
FAMILIES = sorted(
    name for name, family in discover().families.items() if "accepts_or_declines" not in family.expected_failures
)


@pytest.mark.parametrize("name", FAMILIES)
def test_whatever_was_learned_stays_in_the_space_of_every_table(name):
    family = discover().families[name]
    for kind in family.tasks:
        entries = [one.params for one in configurations(family, kind, samples=8, seed=1)]
        with instead({name: entries}) as value:
            check_portfolio_in_space(family)
        assert name in value.asked
