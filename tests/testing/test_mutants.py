"""Every check catches the one broken family that was made for it, and no other check does."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pytest

from automl.testing import CHECKS, check_name, run_check
from automl.testing.checks import limits, space
from tests.testing.good import Good
from tests.testing.mutants import MUTANTS

HEAVY = """
from sklearn.linear_model import LogisticRegression
from tests.testing.good import Good


class LoadsALibrary(Good):
    name = "broken"
    estimator = LogisticRegression
"""


@pytest.fixture
def heavy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Good:
    """A family whose module imports scikit-learn."""
    (tmp_path / "loads_a_library.py").write_text(HEAVY)
    monkeypatch.syspath_prepend(tmp_path)
    import loads_a_library

    monkeypatch.setitem(sys.modules, "loads_a_library", loads_a_library)
    return loads_a_library.LoadsALibrary()


@pytest.fixture(autouse=True)
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Short deadlines, which a family that needs a millisecond keeps, and a folder for what mutants write."""
    monkeypatch.setattr(limits, "SECONDS", 0.1)
    monkeypatch.setattr(limits, "GRACE", 0.9)
    monkeypatch.chdir(tmp_path)


def caught_by(family: Good) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outcomes = [run_check(family, check) for check in CHECKS]
    return [f"{outcome.check}: {outcome.reason}" for outcome in outcomes if not outcome.fine]


@pytest.mark.parametrize("check", sorted(MUTANTS))
def test_one_check_catches_it(check: str) -> None:
    caught = caught_by(MUTANTS[check])
    assert [one.partition(":")[0] for one in caught] == [check], caught


def test_a_heavy_import_is_caught(heavy: Good) -> None:
    caught = caught_by(heavy)
    assert len(caught) == 1
    assert "import_is_light" in caught[0]
    assert "sklearn" in caught[0]


def test_every_check_has_its_mutant() -> None:
    assert {*MUTANTS, "import_is_light"} == {check_name(check) for check in CHECKS}


def test_fifty_suggestions() -> None:
    assert space.SUGGESTIONS == 50
