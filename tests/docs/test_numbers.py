"""The numbers that the pages on families and runs name are those of the code."""

from __future__ import annotations

import pytest

from automl.ensemble import BACKBONE_ROW_SECONDS, MOST_ROW_SECONDS, ROW_SECONDS, SLACK, SLOW_ROW_SECONDS, STEPS, WORTH
from automl.latency_limit import DEFAULT_LATENCY, LITTLE
from automl.search.allocator import UNIFORM_SHARE
from automl.search.allowance import FEW_SHARE, TRIAL_SHARE
from automl.search.division import SPLIT_SHARE
from automl.search.roster import FAILURES, FAILURES_IN_A_ROW
from automl.search.running import FIT_MARGIN, GRACE
from automl.search.shortlist import CANDIDATES, PER_FAMILY
from automl.session import IMPORT_LEAST, IMPORT_SHARE
from automl.slimming import FAST
from tests.conftest import ROOT


def page(name: str) -> str:
    return " ".join((ROOT / "docs" / name).read_text(encoding="utf-8").split())


PAGE = page("families.md")


@pytest.mark.parametrize(
    "sentence",
    [
        f"{UNIFORM_SHARE:.0%} of them are uniform",
        f"whose first {FAILURES} trials all failed",
        f"after {FAILURES_IN_A_ROW} failures in a row",
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


@pytest.mark.parametrize(
    "sentence",
    [
        f"more than {DEFAULT_LATENCY * 1000:.0f} ms",
        f"no more than {LITTLE:.0%} of the error",
        f"within {FAST:.0%} of the ensemble's",
        f"and more than {IMPORT_LEAST:.0f} s",
    ],
)
def test_the_page_on_runs_does_too(sentence):
    assert sentence in page("runs.md")


def test_a_tenth_is_the_share_of_imports():
    assert "more than a tenth of the limit" in page("runs.md")
    assert pytest.approx(0.1) == IMPORT_SHARE
