"""How the end of a run's time is shared."""

from __future__ import annotations

import pytest

from automl.ensemble import BACKBONE_ROW_SECONDS, MOST_ROW_SECONDS, ROW_BUDGETS, SLOW_ROW_SECONDS
from automl.pacing import (
    BACKBONE_SAVING,
    BACKBONE_TESTING_SHARE,
    HURRY,
    LEAVING,
    MEASURING_LEAST,
    REFITTING_MARGIN,
    REFITTING_SHARE,
    SAVING,
    TESTING_SHARE,
    Pace,
)
from automl.search.results import Needs


def test_without_a_limit_nothing_hurries():
    pace = Pace(None, 0.0)
    assert pace.reserve(10**6) == 0
    assert pace.choosing is pace.measuring is pace.end is pace.tested is pace.saved(5, 1.0) is None


def test_what_comes_after_the_search_is_reserved_but_never_most_of_the_time():
    few, many = Pace(60.0, 0.0).reserve(100), Pace(60.0, 0.0).reserve(10**6)
    assert few == pytest.approx(1.5 + SAVING + 100 * MOST_ROW_SECONDS / 2 + 0.6 + LEAVING)
    assert many - few == pytest.approx(60 * TESTING_SHARE - 100 * MOST_ROW_SECONDS / 2)
    assert Pace(6.0, 0.0).reserve(10**6) == 2.0


def test_the_search_ends_later_where_rows_are_predicted_fast():
    pace = Pace(60.0, 100.0)
    usual = pace.searched(1000, Needs(MOST_ROW_SECONDS))
    assert usual == 160.0 - pace.reserve(1000)
    assert pace.searched(1000, Needs(1e-3)) == pytest.approx(usual + 500 * (MOST_ROW_SECONDS - 1e-3))
    assert pace.searched(100, Needs(1.0)) == 160.0 - pace.reserve(100, Needs(SLOW_ROW_SECONDS))
    assert Pace(None, 0.0).searched(1000) is None


def test_without_a_model_the_search_goes_on_as_long_as_one_can_be_saved():
    assert Pace(10.0, 100.0).searched(10**6) == 110.0 - HURRY > Pace(10.0, 100.0).searched(10**6, Needs(1e-3))
    assert Pace(3.0, 100.0).searched(10**6) == 102.0


def test_where_members_are_fitted_again_the_search_ends_earlier():
    plain, refits = Pace(60.0, 100.0), Pace(60.0, 100.0, refits=True)
    assert refits.reserve(1000) == pytest.approx(plain.reserve(1000) + 60 * REFITTING_SHARE)
    quick, slow = Needs(1e-3, refit_seconds=2.0), Needs(1e-3, refit_seconds=50.0)
    assert refits.reserve(1000, quick) == pytest.approx(plain.reserve(1000, quick) + 2 * REFITTING_MARGIN)
    assert refits.reserve(1000, slow) == pytest.approx(plain.reserve(1000, slow) + 60 * REFITTING_SHARE)
    assert refits.refitted(1000) == pytest.approx(160.0 - plain.reserve(1000) + plain.choosing)
    assert Pace(None, 0.0, refits=True).refitted(1000) is None


@pytest.mark.parametrize("limit", [1.0, 10.0, 60.0, 3600.0])
@pytest.mark.parametrize("rows", [0, 100, 10**7])
def test_the_end_of_a_run_takes_no_more_than_a_third_of_its_time(limit, rows):
    assert 0 < Pace(limit, 0.0).reserve(rows) <= limit / 3


def test_the_last_save_leaves_time_to_test_and_to_measure():
    pace = Pace(60.0, 100.0)
    assert pace.end == 160.0 - LEAVING
    assert pace.tested == pace.end - MEASURING_LEAST
    assert pace.saved(100, 0.01) == pace.tested - 0.5
    assert pace.saved(10**6, 1.0) == pace.tested - 60 * TESTING_SHARE


def test_pretrained_weights_may_be_slow_and_take_longer_to_save_and_to_test():
    plain, slow = Pace(300.0, 0.0), Pace(300.0, 0.0, backbones=True)
    assert plain.row_budgets == ROW_BUDGETS
    assert slow.row_budgets == (*ROW_BUDGETS, BACKBONE_ROW_SECONDS)
    extra = BACKBONE_SAVING + 300 * BACKBONE_TESTING_SHARE - 1000 * MOST_ROW_SECONDS / 2
    assert slow.reserve(1000) - plain.reserve(1000) == pytest.approx(extra)
