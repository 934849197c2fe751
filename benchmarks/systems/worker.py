"""A system as a Python module that is run by the interpreter of its own environment.

Such a module has a function `work(job)` that fits, asks `since_start()` for the seconds, predicts, writes the
predictions into `job.folder`, and returns an `Outcome`; it ends with `if __name__ == "__main__": serve(work)`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from benchmarks.systems.base import ROOT, Job, Outcome, RunFailedError, patience, read_job, timed_command, write_job

_STARTED = "BENCHMARK_STARTED"


class WorkerSystem:
    """Runs `python -m module JOB`; its seconds run from the start of the process, imports too."""

    def __init__(self, name: str, module: str, *, budgeted: bool, python: str = sys.executable) -> None:
        self.name = name
        self.module = module
        self.budgeted = budgeted
        self.python = python

    def run(self, job: Job) -> Outcome:
        """Run the module on the job and read its answer."""
        folder = Path(job.folder)
        request, answer = folder / "job.json", folder / "outcome.json"
        write_job(job, request)
        command = [self.python, "-m", self.module, str(request)]
        variables = {"PYTHONPATH": str(ROOT), _STARTED: repr(time.monotonic())}
        ran = timed_command(command, folder, patience(job.budget), variables)
        if not answer.exists():
            raise RunFailedError(f"{self.module} ended without an outcome: end it with serve(work)")
        outcome = Outcome(**json.loads(answer.read_text(encoding="utf-8")))
        return replace(outcome, peak_mib=ran.usage.peak_mib, cpu_seconds=ran.usage.cpu_seconds)


def since_start() -> float:
    """Return the seconds since the harness started this process (monotonic time is one clock for all processes)."""
    return time.monotonic() - float(os.environ[_STARTED])


def serve(work: Callable[[Job], Outcome]) -> None:
    """Do the job named on the command line and write the outcome beside it: the worker's side."""
    request = Path(sys.argv[1])
    outcome = work(read_job(request))
    request.with_name("outcome.json").write_text(json.dumps(asdict(outcome)), encoding="utf-8")
