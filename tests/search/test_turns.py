"""Who is asked next."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest

from automl.search.allowance import Allowance
from automl.search.clock import Clock
from automl.search.costs import Costs
from automl.search.division import Division
from automl.search.roster import Roster
from automl.search.tactics import Tactics
from automl.search.turns import Turns
from tests.search.tiny import Diary, Priced, tiny_context


def turns(roster: Roster, seconds: float = 1000.0, **costs: float) -> Turns:
    """Families whose fits cost so many seconds, of which there are four a trial, and no more than 0.3 of the time."""
    context, now = tiny_context(*(Priced(name, cost) for name, cost in costs.items())), time.monotonic()
    clock = Clock(now + seconds, False, now)
    division = Division(context, 1, Allowance(clock, roster))
    study: Any = SimpleNamespace(next_entry=None, default={"x": 1})
    for name in sorted(costs):
        roster.join(name, study)
    return Turns(roster, Costs(context, clock, Diary()), division, Tactics(), None, lambda name, _: "second" in name, 0)


def test_every_family_comes_first_once_the_cheapest_before_the_others():
    roster = Roster(Diary())
    order = turns(roster, dear=3.0, cheap=1.0, middle=2.0)
    picked = []
    for _ in range(3):
        turn = order.next(running=picked, gamble=False)
        assert turn is not None
        assert turn.why == "first"
        picked.append(turn.family)
    assert picked == ["cheap", "middle", "dear"]


def test_families_that_do_not_read_the_cells_wait_for_a_turn_that_is_drawn_but_for_the_very_first():
    order = turns(Roster(Diary()), second=1.0, second_too=2.0, reads=3.0, reads_too=4.0)
    picked: list[tuple[str, str]] = []
    for _ in range(4):
        turn = order.next(running=[family for family, _ in picked], gamble=False)
        assert turn is not None
        picked.append((turn.family, turn.why))
    assert picked[:3] == [("second", "first"), ("reads", "first"), ("reads_too", "first")]
    assert picked[3][1] == "odds"


@pytest.mark.parametrize(("share", "why"), [(0.3, "first"), (0.25, "odds")])
def test_with_some_variety_a_first_trial_that_would_take_much_of_the_time_left_waits_to_be_drawn(
    monkeypatch: pytest.MonkeyPatch, share: float, why: str
) -> None:
    monkeypatch.setattr("automl.search.turns.FIRST_SHARE", share)
    roster = Roster(Diary())
    order = turns(roster, seconds=100.0, a=1.0, b=1.0, c=1.0, dear=7.0)  # 28 seconds for four folds
    for name in "ab":
        roster.progress[name].add(1.0, 0.5)
    assert next_of(order, running=["c"]) == ("dear", "first")
    roster.progress["c"].add(1.0, 0.5)
    assert next_of(order)[1] == why


def next_of(order: Turns, running: tuple[str, ...] | list[str] = ()) -> tuple[str, str]:
    turn = order.next(running=running, gamble=False)
    assert turn is not None
    return turn.family, turn.why


def test_later_turns_are_drawn_by_their_odds_and_the_same_for_a_seed():
    drawn = []
    for _ in range(2):
        roster = Roster(Diary())
        order = turns(roster, good=1.0, poor=1.0)
        for name, error in (("good", 0.1), ("poor", 0.9)):
            roster.progress[name].add(1.0, error)
        found = [order.next(running=(), gamble=False) for _ in range(30)]
        drawn.append([turn.family for turn in found if turn])
        assert all(turn and turn.why == "odds" and sum(turn.odds.values()) > 0.999 for turn in found)
    assert drawn[0] == drawn[1]
    assert drawn[0].count("good") > drawn[0].count("poor") > 0


def test_what_cannot_end_in_time_has_no_turn_unless_there_is_nothing_to_lose():
    roster = Roster(Diary())
    order = turns(roster, seconds=100.0, dear=30.0, dearer=40.0)
    assert order.next(running=(), gamble=False) is None
    turn = order.next(running=(), gamble=True)
    assert turn is not None
    assert (turn.family, turn.why, turn.cost) == ("dear", "gamble", 120.0)


def test_closed_families_have_no_turn():
    roster = Roster(Diary())
    order = turns(roster, a=1.0)
    roster.close("a", "enough")
    assert order.next(running=(), gamble=True) is None
