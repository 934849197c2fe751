"""Who may start beside whom, and who has to go."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from typing import Any

import pytest

from automl.search.footprints import Need
from automl.search.inline import InlineExecutor
from automl.search.room import Room

GIB = 2**30


class Pool(Executor):
    """Processes 1 and 2, the first of which runs a call."""

    def __init__(self) -> None:
        self.call: Future[Any] = Future()

    def kill(self, future: Future[Any], reason: str) -> None:
        raise NotImplementedError

    def processes(self) -> dict[int, Future[Any] | None]:
        return {1: self.call, 2: None}


@pytest.fixture
def pool() -> Pool:
    return Pool()


@pytest.fixture
def room(pool, monkeypatch) -> Room:
    """A run of 8 GiB: the coordinator holds one, the running call three, the idle worker half a one."""
    monkeypatch.setattr("automl.search.room.own_bytes", lambda: GIB)
    monkeypatch.setattr("automl.memory.Meter.resident", lambda self, pids: {1: 3 * GIB, 2: GIB // 2})
    return Room(8 * GIB, pool)


def need(gib: float) -> Need:
    return Need(int(gib * GIB), int(gib * GIB / 2))


def test_a_trial_starts_where_it_fits_beside_those_that_run(room, pool):
    assert room.admits(need(3.9), 1, {pool.call: need(1)})  # 1 + 3 + 3.9 of 8
    assert not room.admits(need(4.1), 1, {pool.call: need(1)})
    assert not room.admits(need(3.9), 1, {pool.call: need(5)})  # which will grow


def test_alone_a_trial_is_let_in(room):
    assert room.admits(need(20), 1, {})


def test_what_could_not_run_even_alone_is_lacking(room):
    base = GIB // 2
    assert room.lacks(need(14), base)  # at least 7 of the 6.5 that are left
    assert not room.lacks(need(12), base)


def test_the_largest_goes_when_the_run_holds_too_much(room, pool, monkeypatch):
    assert room.overflow([pool.call]) is None
    monkeypatch.setattr("automl.memory.Meter.resident", lambda self, pids: {1: 7 * GIB, 2: GIB // 2})
    assert room.overflow([pool.call]) == (pool.call, 7 * GIB)
    assert room.overflow([]) is None


def test_nothing_is_watched_without_a_limit_or_without_processes(pool):
    assert Room(None, pool).overflow([pool.call]) is None
    inline = Room(GIB, InlineExecutor())
    assert not inline.lacks(need(99), 0)
    assert inline.admits(need(99), 1, {pool.call: need(1)})
