"""LightGBM with its defaults and the least preparation that is fair: what anyone gets without trying."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from benchmarks.systems.base import Job, Outcome, bytes_in, median_latency
from benchmarks.systems.tables import Answer, prepared, read, versions
from benchmarks.systems.worker import serve, since_start


def work(job: Job) -> Outcome:
    """Fit on the training rows and predict the others."""
    import lightgbm
    import pandas as pd

    train, test = read(job.train), read(job.features)
    target = train.pop(job.target)
    X, fresh = prepared(train, test)
    classify = job.task != "regression"
    model: Any = (lightgbm.LGBMClassifier if classify else lightgbm.LGBMRegressor)(random_state=job.seed, verbose=-1)
    model.fit(X, target if classify else pd.to_numeric(target))
    seconds = since_start()
    started = time.monotonic()
    answer = Answer(model.predict_proba(fresh), list(model.classes_)) if classify else Answer(model.predict(fresh))
    predict_seconds = time.monotonic() - started
    latency = median_latency(lambda i: model.predict(fresh.iloc[[i]]), len(fresh))
    saved = Path(job.folder) / "model.txt"
    model.booster_.save_model(saved)
    return Outcome(
        answer.write(job.folder), seconds, predict_seconds, 1, versions("lightgbm"), latency, bytes_in(saved)
    )


if __name__ == "__main__":
    serve(work)
