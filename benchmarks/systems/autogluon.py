"""AutoGluon-Tabular with the preset that its authors recommend for accuracy: `best_quality`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from benchmarks.systems.base import Job, Outcome, bytes_in, median_latency
from benchmarks.systems.tables import Answer, natural, versions
from benchmarks.systems.worker import serve, since_start

PRESET = "best_quality"
METRICS = {"rmse": "root_mean_squared_error", "mae": "mean_absolute_error", "f1_macro": "f1_macro"}


def work(job: Job, preset: str = PRESET) -> Outcome:
    """Fit with the budget as `time_limit` and predict."""
    from autogluon.tabular import TabularPredictor

    classify = job.task != "regression"
    train, test = natural(job.train, job.target, classify=classify), natural(job.features)
    folder = Path(job.folder) / "predictor"
    predictor: Any = TabularPredictor(
        label=job.target,
        problem_type=job.task,
        eval_metric=METRICS.get(job.metric, job.metric),
        path=str(folder),
        verbosity=1,
    ).fit(train, time_limit=job.budget, presets=preset)
    seconds = since_start()
    started = time.monotonic()
    if classify:
        probabilities = predictor.predict_proba(test)
        answer = Answer(probabilities.to_numpy(), list(probabilities.columns))
    else:
        answer = Answer(predictor.predict(test))
    predict_seconds = time.monotonic() - started
    predictor.persist()  # as a server would: models stay in memory
    latency = median_latency(lambda i: predictor.predict(test.iloc[[i]]), len(test))
    members = len(
        predictor.info()["model_info"][predictor.model_best].get("stacker_info", {}).get("base_model_names", ())
    )
    return Outcome(
        answer.write(job.folder), seconds, predict_seconds, members or None, versions("autogluon.tabular"), latency,
        predictor.disk_usage() or bytes_in(folder),
    )  # fmt: skip


if __name__ == "__main__":
    serve(work)
