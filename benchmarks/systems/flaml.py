"""FLAML with its defaults: a search by cost, one model at the end."""

from __future__ import annotations

import pickle
import time
from pathlib import Path
from typing import Any

from benchmarks.systems.base import Job, Outcome, median_latency
from benchmarks.systems.tables import Answer, natural, versions
from benchmarks.systems.worker import serve, since_start

METRICS = {"f1_macro": "macro_f1"}


def work(job: Job) -> Outcome:
    """Fit with the budget as `time_budget` and predict."""
    from flaml import AutoML

    classify = job.task != "regression"
    train, test = natural(job.train, job.target, classify=classify), natural(job.features)
    target = train.pop(job.target)
    model: Any = AutoML()
    model.fit(
        train,
        target,
        task="classification" if classify else "regression",
        metric=METRICS.get(job.metric, job.metric),
        time_budget=job.budget,
        seed=job.seed,
        verbose=0,
    )
    seconds = since_start()
    started = time.monotonic()
    answer = Answer(model.predict_proba(test), list(model.classes_)) if classify else Answer(model.predict(test))
    predict_seconds = time.monotonic() - started
    latency = median_latency(lambda i: model.predict(test.iloc[[i]]), len(test))
    saved = Path(job.folder) / "model.pickle"
    saved.write_bytes(pickle.dumps(model))
    return Outcome(
        answer.write(job.folder), seconds, predict_seconds, 1, versions("flaml"), latency, saved.stat().st_size
    )


if __name__ == "__main__":
    serve(work)
