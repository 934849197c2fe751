"""AutoGluon-Tabular with `good_quality`: its preset for models that are shipped."""

from __future__ import annotations

from benchmarks.systems.autogluon import work
from benchmarks.systems.base import Job, Outcome
from benchmarks.systems.worker import serve


def good(job: Job) -> Outcome:
    """Fit with the preset `good_quality`."""
    return work(job, "good_quality")


if __name__ == "__main__":
    serve(good)
