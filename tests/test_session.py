"""How much time a run that is taken up again may still use."""

from __future__ import annotations

from pathlib import Path

import pytest

from automl.errors import OptionError
from automl.options import FitOptions
from automl.runfolder import Stored
from automl.search.records import TrialRecord
from automl.session import FINISHING, Resumed


def resumed(extra: str | None, ended: bool = True) -> Resumed:
    """A run whose last trial ended after 100 s."""
    records = [
        TrialRecord(i, "linear", {}, 0, "search", "complete", elapsed=elapsed)
        for i, elapsed in enumerate((100.0, 40.0))
    ]
    return Resumed(Stored(Path("table.csv"), "", FitOptions("y")), records, extra, ended)


@pytest.mark.parametrize(
    ("extra", "limit", "left"),
    [(None, 300.0, 200.0), (None, None, None), ("+600", 300.0, 600.0), ("+600", None, 600.0), ("900", 300.0, 800.0)],
)
def test_time_is_what_is_left_what_is_added_or_what_a_new_limit_leaves(extra, limit, left):
    assert resumed(extra).seconds(limit) == left


@pytest.mark.parametrize(("extra", "limit"), [(None, 100.5), ("50", None)])
def test_a_limit_that_is_used_up_names_the_remedy(extra, limit):
    with pytest.raises(OptionError, match=r"has used its time limit \(100 s\): add some by --time-limit"):
        resumed(extra).seconds(limit)


def test_a_run_that_lacks_its_model_alone_gets_the_time_for_it():
    assert resumed(None, ended=False).seconds(100.0) == FINISHING


def test_time_that_is_no_number_is_refused():
    with pytest.raises(OptionError, match=r"time limit 'soon': must be seconds, or \+seconds"):
        resumed("soon").seconds(None)
