"""The worker pool: results, errors, kills and deaths."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest

from automl.search.workers import CallError, WorkerError, WorkerPool


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(2, threads=1) as pool:
        yield pool


def test_calls_run_in_other_processes(pool):
    pids = {pool.submit(os.getpid).result() for _ in range(4)}
    assert os.getpid() not in pids


def test_lambdas_and_local_values_travel(pool):
    offset = 41
    assert pool.submit(lambda x: x + offset, 1).result() == 42


def test_threads_are_limited_in_the_workers(pool):
    assert pool.submit(lambda: os.environ["OMP_NUM_THREADS"]).result() == "1"


def test_what_a_worker_prints_does_not_corrupt_its_answer(pool):
    assert pool.submit(lambda: sys.stdout.write("noise") and 7).result() == 7


def test_an_exception_keeps_its_kind_message_and_traceback(pool):
    with pytest.raises(CallError, match="ZeroDivisionError: division by zero") as caught:
        pool.submit(lambda: 1 / 0).result()
    assert "Traceback" in caught.value.detail


def test_a_killed_call_fails_with_the_reason_and_the_pool_goes_on(pool):
    future = pool.submit(time.sleep, 60)
    other = pool.submit(time.sleep, 0.5)
    time.sleep(0.2)
    assert future in pool.processes().values()
    pool.kill(future, "too slow")
    with pytest.raises(WorkerError, match="too slow"):
        future.result(timeout=10)
    assert other.result() is None
    assert pool.submit(abs, -3).result(timeout=30) == 3


@pytest.mark.parametrize(
    ("death", "message"),
    [
        (lambda: os._exit(3), "exited with code 3"),
        (lambda: os.kill(os.getpid(), signal.SIGSEGV), "SIGSEGV"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "SIGKILL"),
    ],
    ids=["exit", "segfault", "killed"],
)
def test_a_dead_worker_is_replaced(pool, death, message):
    with pytest.raises(WorkerError, match=message):
        pool.submit(death).result(timeout=30)
    assert pool.submit(abs, -3).result(timeout=30) == 3


def test_shutting_down_ends_running_calls_at_once():
    pool = WorkerPool(1)
    running, queued = pool.submit(time.sleep, 60), pool.submit(time.sleep, 60)
    while not running.running():
        time.sleep(0.01)
    pool.shutdown(cancel_futures=True)
    assert isinstance(running.exception(), WorkerError)
    assert queued.cancelled()
    with pytest.raises(RuntimeError, match="shut down"):
        pool.submit(abs, 1)


SPINNING = """
import ctypes, sys, time
from automl.search.workers import WorkerPool
pool = WorkerPool(1)
pool.submit(abs, 1).result()
pool.submit(lambda: ctypes.PyDLL(None).sleep(600))  # PyDLL keeps the interpreter's lock
time.sleep(0.5)
print(next(iter(pool.processes())), flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of its parent's death")
def test_a_worker_stuck_in_native_code_ends_with_its_parent():
    parent = subprocess.Popen([sys.executable, "-c", SPINNING], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    stuck = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    with contextlib.suppress(psutil.NoSuchProcess):
        stuck.wait(timeout=10)
    assert not stuck.is_running() or stuck.status() == psutil.STATUS_ZOMBIE
