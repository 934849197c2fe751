"""mljar-supervised in its mode for the best score: Compete."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from benchmarks.systems.base import Job, Outcome, bytes_in, median_latency
from benchmarks.systems.tables import Answer, natural, versions
from benchmarks.systems.worker import serve, since_start

METRICS = {"roc_auc": "auc", "log_loss": "logloss", "f1_macro": "f1"}
_LABELLED = "prediction_"


def work(job: Job) -> Outcome:
    """Fit with the budget as `total_time_limit` and predict."""
    from supervised.automl import AutoML

    classify = job.task != "regression"
    train, test = natural(job.train, job.target, classify=classify), natural(job.features)
    target = train.pop(job.target)
    folder = Path(job.folder) / "results"
    model: Any = AutoML(
        mode="Compete",
        total_time_limit=int(job.budget),
        ml_task={"binary": "binary_classification", "multiclass": "multiclass_classification"}.get(job.task, job.task),
        eval_metric=METRICS.get(job.metric, job.metric),
        results_path=str(folder),
        random_state=job.seed,
        verbose=0,
    )
    model.fit(train, target)
    seconds = since_start()
    started = time.monotonic()
    if classify:
        table = model.predict_all(test)
        columns = [name for name in table.columns if name.startswith(_LABELLED)]
        answer = Answer(table[columns].to_numpy(), [name.removeprefix(_LABELLED) for name in columns])
    else:
        answer = Answer(model.predict(test))
    predict_seconds = time.monotonic() - started
    latency = median_latency(lambda i: model.predict(test.iloc[[i]]), len(test))
    return Outcome(
        answer.write(job.folder), seconds, predict_seconds, None, versions("mljar-supervised"), latency,
        bytes_in(folder),
    )  # fmt: skip


if __name__ == "__main__":
    serve(work)
