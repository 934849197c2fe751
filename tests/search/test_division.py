"""Which trials are split over workers, and which fit into the time left."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any, cast

from automl.features.toolbox import Toolbox
from automl.search.allowance import Allowance
from automl.search.clock import Clock
from automl.search.division import Division
from automl.search.roster import Roster
from tests.search.tiny import N_FOLDS, Diary, Priced, tiny_context

CONTEXT = tiny_context(Priced("folds", 1.0), Priced("bag", 1.0, out_of_bag=True))
WHOLE = [tuple(range(N_FOLDS))]


def division(workers: int, seconds: float = 1000.0, counted: bool = False) -> Division:
    now = time.monotonic()
    roster, study = Roster(Diary()), cast(Any, None)  # only turns ask a study
    for name in ("folds", "bag"):
        roster.join(name, study)
    return Division(CONTEXT, workers, Allowance(Clock(now + seconds, counted, now), roster))


def test_a_long_trial_is_split_and_every_fold_is_in_one_part():
    parts = division(3).parts("folds", 500.0)
    assert parts == [(0, 3), (1,), (2,)]
    assert len(division(9).parts("folds", 500.0)) == N_FOLDS


def test_a_short_trial_stays_whole():
    assert division(3).parts("folds", 1.0) == WHOLE


def test_what_one_worker_must_do_stays_whole():
    assert division(1).parts("folds", 500.0) == WHOLE
    assert division(3).parts("bag", 500.0) == WHOLE  # one fit on all rows


def test_a_forest_is_fitted_fold_by_fold_where_all_encodings_see_targets():
    seeing = replace(CONTEXT, toolbox=Toolbox(screen=True))
    assert CONTEXT.in_one_fit("bag")
    assert not seeing.in_one_fit("bag")
    assert len(replace(division(3), context=seeing).parts("bag", 500.0)) == 3


def test_where_trials_are_counted_the_clock_splits_nothing_and_excludes_nothing():
    counted = division(3, counted=True)
    assert counted.parts("folds", 500.0) == WHOLE
    assert counted.fits("folds", 1e9)


def test_a_trial_fits_where_its_largest_part_does():
    assert not division(1).fits("folds", 500.0)
    assert division(4).fits("folds", 500.0)  # a quarter each
    assert not division(4).fits("bag", 500.0)


def test_a_family_that_can_hurry_fits_into_less():
    hasty = Priced("hasty", 1.0)
    hasty.elastic = 0.5  # type: ignore[misc]
    hurried = replace(division(1), context=tiny_context(hasty))
    assert hurried.fits("hasty", 500.0)
    assert not hurried.fits("hasty", 700.0)
