"""The numbers that the page on families names are those of the code."""

from __future__ import annotations

import pytest

from automl.ensemble import BACKBONE_ROW_SECONDS, MOST_ROW_SECONDS, ROW_SECONDS, SLACK, SLOW_ROW_SECONDS, STEPS, WORTH
from automl.search.allocator import UNIFORM_SHARE
from automl.search.allowance import FEW_SHARE, TRIAL_SHARE
from automl.search.division import SPLIT_SHARE
from automl.search.roster import FAILURES
from automl.search.running import FIT_MARGIN, GRACE
from automl.search.shortlist import CANDIDATES, PER_FAMILY
from tests.conftest import ROOT

PAGE = " ".join((ROOT / "docs" / "families.md").read_text(encoding="utf-8").split())


@pytest.mark.parametrize(
    "sentence",
    [
        f"{UNIFORM_SHARE:.0%} of them are uniform",
        f"whose first {FAILURES} trials all failed",
        f"too long ({SPLIT_SHARE:.0%} of the time left)",
        f"more than {TRIAL_SHARE:.0%} of the search's time, or {FEW_SHARE:.0%} where",
        f"may plan with {FIT_MARGIN:.0%} of that",
        f"killed {GRACE:.0f} s after its time",
        f"the {CANDIDATES} best trials and the {PER_FAMILY} best of each family",
        f"takes up to {STEPS} steps",
        f"may cost {ROW_SECONDS * 1000:.0f} ms a row to predict, or {MOST_ROW_SECONDS * 1000:.0f} ms where that lowers "
        f"the error by {WORTH:.0%}, or {SLOW_ROW_SECONDS * 1000:.0f} ms",
        f"`--backbone` {BACKBONE_ROW_SECONDS * 1000:.0f} ms, where that does so once more",
    ],
)
def test_the_page_says_what_the_code_does(sentence):
    assert sentence in PAGE


def test_a_ten_thousandth_is_the_slack():
    assert "more than a ten-thousandth" in PAGE
    assert pytest.approx(1e-4) == SLACK
