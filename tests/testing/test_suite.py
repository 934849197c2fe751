from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from automl import testing
from automl.errors import OptionError
from automl.plugin import FamilyDeclined, ModelFamily, Role, TaskKind
from automl.plugin.registry import discover
from automl.testing import CHECKS, check_family, check_name, run_check
from automl.testing.checks import space
from automl.testing.fits import other, samples
from automl.testing.suite import expected
from tests.testing.good import Good

PLUGINS = Path(__file__).parents[1] / "plugins"


def installed_elsewhere() -> list[ModelFamily]:
    """The families of installed plugins that have no conformity test of their own here."""
    registry = discover()
    others = [info for info in registry.plugins if not (PLUGINS / info.name / "test_conformity.py").exists()]
    return [registry.families[name] for info in others for name in info.families]


@testing.parametrize_family_checks([Good(), *installed_elsewhere()])
def test_conformity(family: ModelFamily, check: Callable[[ModelFamily], None]) -> None:
    check(family)


class Hopeless(Good):
    """It costs less the more rows there are, and says so."""

    name = "hopeless"
    expected_failures = MappingProxyType({"cost": "the estimate is upside down"})

    def cost(self, params, task, profile):
        return 1000 / profile.n_rows


class Cured(Good):
    name = "cured"
    expected_failures = MappingProxyType({"cost": "the estimate is upside down"})


def test_an_expected_failure_stops_nothing() -> None:
    check_family(Hopeless())
    with pytest.raises(AssertionError, match="costs"):
        space.check_cost(Hopeless())


def test_a_check_that_passes_unexpectedly_is_a_failure() -> None:
    with pytest.raises(AssertionError, match="cost passes, but is expected to fail: the estimate"):
        check_family(Cured())


def test_outcomes() -> None:
    check = next(check for check in CHECKS if check_name(check) == "cost")
    assert run_check(Good(), check).status == "passed"
    failed = run_check(Hopeless(), check)
    assert (failed.status, failed.fine) == ("failed", False)
    assert "costs [" in failed.reason
    assert "Traceback" in failed.details
    excused = run_check(Hopeless(), check, "known")
    assert (excused.status, excused.reason, excused.fine) == ("expected failure", "known", True)
    assert run_check(Good(), check, "known").status == "unexpected pass"


def test_an_unknown_check_names_the_nearest() -> None:
    with pytest.raises(OptionError, match="unknown check 'costs': did you mean 'cost'"):
        expected(Good(), {"costs": "a typing error"})


def test_expected_failures_are_strict_marks() -> None:
    pairs = testing.parametrize_family_checks([Hopeless()], {"silence": "it sings"}).args[1]
    marks = {pair.id: pair.marks[0] for pair in pairs if pair.marks}
    assert set(marks) == {"hopeless-cost", "hopeless-silence"}
    assert marks["hopeless-silence"].kwargs == {"reason": "it sings", "strict": True}


def test_checks_have_names_and_reasons() -> None:
    assert len({check_name(check) for check in CHECKS}) == len(CHECKS) >= 25
    assert all(check.__doc__ for check in CHECKS)


def test_the_sample_is_learnable_and_has_gaps() -> None:
    for kind in TaskKind:
        one = testing.sample(kind)
        assert np.isnan(one.table.numeric).any()
        assert not set(one.train_rows) & set(one.score_rows)
        assert one.profile.n_rows == len(one.y) == one.table.n_rows
        if one.task.is_classification:
            assert list(one.y[: one.task.n_outputs]) == list(range(one.task.n_outputs))


@pytest.mark.parametrize("role", [Role.TEXT, Role.SEQUENCE])
def test_families_that_need_a_raw_column_get_one_beside_the_others(role: Role) -> None:
    class Needs(Good):
        inputs = Good.inputs | {Role.TEXT, Role.SEQUENCE}

        def accepts(self, task, profile):
            if not profile.count(role):
                raise FamilyDeclined("needs such a column")

    for one in (*samples(Needs()), other(Needs(), TaskKind.BINARY, n_rows=40)):
        assert set(one.table.names) == {Role.NUMERIC, Role.CATEGORICAL, role}
        assert one.profile.count(role) == 1
    assert set(samples(Good())[0].table.names) == {Role.NUMERIC, Role.CATEGORICAL}


@pytest.mark.parametrize("role", [Role.TEXT, Role.SEQUENCE])
def test_families_of_raw_columns_have_samples(role: Role) -> None:
    one = testing.sample(TaskKind.BINARY, frozenset({role}))
    assert one.table.names == {role: (role.value,)}
    assert len(one.table.raw[role.value]) == len(one.y)
