"""Which families are still tried."""

from __future__ import annotations

from typing import Any

import pytest

from automl.search.events import Closed
from automl.search.roster import FAILURES, FAILURES_IN_A_ROW, Roster
from tests.search.tiny import Diary, record


@pytest.fixture
def diary() -> Diary:
    return Diary()


@pytest.fixture
def roster(diary) -> Roster:
    roster = Roster(diary)
    study: Any = None  # which nothing asks
    roster.join("a", study)
    roster.join("b", study)
    return roster


def failed(name: str = "a", reason: str = "it exploded") -> Any:
    return record(name, "failed", reason=reason)


def test_a_family_that_only_fails_is_closed_with_the_reason(roster, diary):
    for _ in range(FAILURES - 1):
        roster.count_failures(failed())
    assert roster.open == ["a", "b"]
    roster.count_failures(failed())
    assert roster.open == ["b"]
    why = "it failed too often in a row, the last time because it exploded"
    assert roster.closed == {"a": why}
    assert diary.events == [Closed("a", why)]
    assert diary.notes == [f"a is left out: {why}"]
    roster.count_failures(failed())
    assert len(diary.notes) == 1


def test_a_success_forgives_the_failures_before_it(roster):
    for _ in range(3):
        for _ in range(FAILURES - 1):
            roster.count_failures(failed())
        roster.count_failures(record("a", "stopped"))
    assert "a" in roster.open


def test_a_family_that_has_succeeded_is_borne_with_for_longer(roster):
    roster.progress["a"].add(1.0, 0.3)
    for _ in range(FAILURES_IN_A_ROW - 1):
        roster.count_failures(failed())
    assert "a" in roster.open
    roster.count_failures(failed())
    assert "a" not in roster.open


def test_to_overrun_counts_twice(roster):
    for _ in range((FAILURES + 1) // 2):
        roster.count_failures(failed(reason="overran its time of 2.0 s"))
    assert "a" not in roster.open


def test_what_raises_is_left_out_and_told(roster, diary):
    roster.leave_out("b", "its search space", ValueError("no such value"))
    assert roster.closed == {"b": "its search space raised ValueError: no such value"}
    assert diary.errors == ["b: its search space: no such value"]
    assert len(diary.notes) == 1
