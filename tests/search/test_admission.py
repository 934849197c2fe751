"""What is weighed before a trial may wait for its turn."""

from __future__ import annotations

from typing import Any

import pytest

from automl.search.admission import LOADING, Admission
from automl.search.allowance import Allowance
from automl.search.clock import Clock
from automl.search.costs import Costs
from automl.search.division import Division
from automl.search.footprints import Footprints
from automl.search.records import Trial
from automl.search.room import Room
from automl.search.roster import Roster
from tests.search.tiny import N_FOLDS, Diary, Idle, Priced, tiny_context

CONTEXT = tiny_context(Priced("a", 2.0))
TRIAL = Trial(0, "a", {"x": 1}, 0)
ASKED: Any = None  # only studies read it


def admission(limit: int | None) -> Admission:
    clock = Clock(None, counted=False)
    costs, division = Costs(CONTEXT, clock, Diary()), Division(CONTEXT, 2, Allowance(clock, Roster(Diary())))
    return Admission(costs, division, Footprints(CONTEXT, base=2**20), Room(limit, Idle()))


def test_a_trial_waits_with_what_it_will_take():
    pending = admission(None).admit(TRIAL, ASKED)
    assert pending.waits
    assert pending.units == 2.0 * N_FOLDS
    assert pending.parts == [tuple(range(N_FOLDS))]
    assert pending.need.likely > 2**20


def test_a_family_that_names_libraries_has_time_to_load_them(monkeypatch: pytest.MonkeyPatch):
    assert admission(None).admit(TRIAL, ASKED).loading == 0
    monkeypatch.setattr(CONTEXT.families["a"], "imports", ("torch",))
    assert admission(None).admit(TRIAL, ASKED).loading == LOADING


def test_what_could_not_run_even_alone_is_declined_with_the_reason():
    pending = admission(2**20).admit(TRIAL, ASKED)  # less than this process holds
    assert pending.done
    assert pending.reason.startswith("not started: it would hold 1 MiB, more than the 1 MiB")
