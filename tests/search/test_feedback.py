"""What studies are told."""

from __future__ import annotations

from typing import Any

import pytest

from automl.search.feedback import Feedback
from automl.search.records import TrialRecord
from tests.search.tiny import record


class Listener:
    """A study that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, float | None]] = []

    def tell(self, asked: str, record: TrialRecord, penalty: float | None) -> None:
        self.told.append((asked, record.state, penalty))


@pytest.fixture
def studies() -> dict[str, Any]:
    return {"a": Listener(), "b": Listener()}


def report(feedback: Feedback, asked: Any, result: TrialRecord, over: bool = False) -> None:
    feedback.see(result)
    feedback.tell(asked, result, over=over)


def test_a_failure_counts_as_the_worst_error_of_all_families(studies):
    feedback = Feedback(studies)
    report(feedback, "one", record("a", error=0.2))
    report(feedback, "two", record("b", error=0.7))
    report(feedback, "three", record("a", "failed"))
    assert studies["a"].told == [("one", "complete", 0.2), ("three", "failed", 0.7)]


def test_failures_before_any_error_wait_for_their_penalty(studies):
    feedback = Feedback(studies)
    report(feedback, "one", record("a", "failed"))
    assert studies["a"].told == []
    report(feedback, "two", record("b", error=0.4))
    assert studies["a"].told == [("one", "failed", 0.4)]
    assert studies["b"].told == [("two", "complete", 0.4)]


def test_what_fails_when_the_time_is_over_is_not_punished(studies):
    feedback = Feedback(studies)
    report(feedback, "one", record("a", error=0.2))
    report(feedback, "two", record("a", "failed"), over=True)
    assert studies["a"].told[-1] == ("two", "failed", None)


def test_errors_of_an_earlier_process_count(studies):
    feedback = Feedback(studies)
    feedback.see(record("b", error=0.9))
    report(feedback, "one", record("a", "failed"))
    assert studies["a"].told == [("one", "failed", 0.9)]
