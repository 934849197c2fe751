"""Trials on their way: started in order, watched, and ended."""

from __future__ import annotations

import time
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

from automl.search.allowance import Allowance
from automl.search.clock import Clock
from automl.search.crossfit import Job
from automl.search.events import Killed, Started, Waiting
from automl.search.room import Room
from automl.search.roster import Roster
from automl.search.running import FIT_MARGIN, GRACE, Running
from tests.search.tiny import Diary, Idle, waiting


class Narrow(Room):
    """Has no room for trials of ten bytes and more beside others."""

    def admits(self, need, calls, needs):
        return not needs or need.likely < 10


def running(executor: Idle, diary: Diary, seconds: float | None = None, counted: bool = False) -> Running:
    now = time.monotonic()
    clock = Clock(None if seconds is None else now + seconds, counted, now)
    allowance = Allowance(clock, Roster(diary))
    return Running(Path("context"), executor, Narrow(None, executor), allowance, diary, lambda family: 0.5)


def test_a_trial_starts_with_a_job_a_part_its_limits_and_the_bar():
    executor, diary = Idle(), Diary()
    flight = running(executor, diary, seconds=100.0)
    flight.pending.append(waiting(0, jobs=2))
    flight.start()
    jobs = [args[1] for _, args in executor.calls]
    assert [job.folds for job in jobs] == [(0,), (1,)]
    trial = flight.pending[0]
    assert trial.allowed is not None
    assert jobs[0].seconds == FIT_MARGIN * trial.allowed
    assert trial.allowed < jobs[0].deadline - trial.started < 100.0
    assert {job.bar for job in jobs} == {0.5}
    assert [type(event) for event in diary.events] == [Started]


def test_a_trial_has_its_time_from_when_a_worker_takes_it_up():
    executor = Idle()
    flight = running(executor, Diary(), seconds=100.0)
    flight.pending.append(waiting(0))
    flight.start()
    trial = flight.pending[0]
    trial.futures, taken_up = [Future()], trial.futures
    flight.enforce()
    assert trial.kill_at is None
    trial.futures = taken_up
    flight.enforce()
    assert trial.kill_at == trial.started + trial.allowed + GRACE


def test_loading_libraries_is_no_part_of_a_trials_time():
    executor = Idle()
    flight = running(executor, Diary(), seconds=100.0)
    flight.pending.append(replace(waiting(0), loading=5.0))
    flight.start()
    flight.enforce()
    trial = flight.pending[0]
    assert trial.kill_at == trial.started + 5.0 + trial.allowed + GRACE


def test_another_job_is_ready_only_while_trials_are_short_and_there_is_time():
    for seconds, cost, ahead in ((100.0, 1.0, 1), (100.0, 50.0, 0), (5.0, 1.0, 0), (None, 1.0, 1)):
        flight = running(Idle(), Diary(), seconds=seconds)
        flight.pending.append(waiting(0))
        flight.pending[0].cost = cost
        assert flight.ahead == ahead


def test_a_job_ends_with_its_own_time_or_with_the_run():
    job = Job(waiting(0).trial, (0,), deadline=100.0, seconds=30.0)
    assert job.end(started=50.0) == 80.0
    assert job.end(started=90.0) == 100.0
    assert Job(job.trial, (0,)).end(started=50.0) is None


def test_who_came_first_is_first_served_and_told_of_its_wait_once():
    executor, diary = Idle(), Diary()
    flight = running(executor, diary)
    flight.pending += [waiting(0), waiting(1, likely=10), waiting(2)]
    for _ in range(3):
        flight.start()
    assert len(executor.calls) == 1  # the third is small, but has to wait behind the second
    assert [event.number for event in diary.events if isinstance(event, Waiting)] == [1]
    executor.calls[0][0].set_result(None)
    flight.start()
    assert len(executor.calls) == 3


def test_what_overruns_is_killed_and_what_waits_goes_with_the_end_of_the_run():
    executor, diary = Idle(), Diary()
    flight = running(executor, diary, seconds=100.0)
    flight.pending += [waiting(0), waiting(1), waiting(2, likely=10)]
    flight.start()
    flight.pending[0].kill_at = time.monotonic() - 1
    flight.enforce()
    assert [trial.done for trial in flight.pending] == [True, False, False]
    assert flight.pending[0].reason.startswith("overran its time of")
    late = running(executor, diary, seconds=0.0)
    late.pending = flight.pending
    late.enforce()
    assert all(trial.done for trial in late.pending)
    assert flight.pending[2].reason == "the time limit of the run was reached before it could start"
    assert [event.number for event in diary.events if isinstance(event, Killed)] == [0, 1]


def test_trials_are_taken_as_they_end_or_in_their_order_where_they_are_counted():
    for counted, expected in ((False, [1]), (True, [])):
        executor = Idle()
        flight = running(executor, Diary(), counted=counted)
        flight.pending += [waiting(0), waiting(1)]
        flight.start()
        executor.calls[1][0].set_result(None)
        assert [trial.trial.number for trial in flight.take_done()] == expected
        executor.calls[0][0].set_result(None)
        assert [trial.trial.number for trial in flight.take_done()] == [0]
        assert [trial.trial.number for trial in flight.pending] == ([1] if counted else [])


def test_the_end_ends_everything():
    executor, diary = Idle(), Diary()
    flight = running(executor, diary)
    flight.pending += [waiting(0), waiting(1)]
    flight.start()
    flight.end("the search ended")
    assert all(trial.done and trial.reason == "the search ended" for trial in flight.pending)
