"""CatBoost with its defaults, categories named as such."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from benchmarks.systems.base import Job, Outcome, bytes_in, median_latency
from benchmarks.systems.tables import Answer, prepared, read, versions
from benchmarks.systems.worker import serve, since_start


def work(job: Job) -> Outcome:
    """Fit on the training rows and predict the others."""
    import catboost
    import pandas as pd

    train, test = read(job.train), read(job.features)
    target = train.pop(job.target)
    X, fresh = prepared(train, test)
    categories = [name for name in X if isinstance(X[name].dtype, pd.CategoricalDtype)]
    X, fresh = (part.assign(**{name: part[name].astype(str) for name in categories}) for part in (X, fresh))
    classify = job.task != "regression"
    model: Any = (catboost.CatBoostClassifier if classify else catboost.CatBoostRegressor)(
        random_seed=job.seed, verbose=False, allow_writing_files=False
    )
    model.fit(X, target if classify else pd.to_numeric(target), cat_features=categories)
    seconds = since_start()
    started = time.monotonic()
    answer = Answer(model.predict_proba(fresh), list(model.classes_)) if classify else Answer(model.predict(fresh))
    predict_seconds = time.monotonic() - started
    latency = median_latency(lambda i: model.predict(fresh.iloc[[i]]), len(fresh))
    saved = Path(job.folder) / "model.cbm"
    model.save_model(str(saved))
    return Outcome(
        answer.write(job.folder), seconds, predict_seconds, 1, versions("catboost"), latency, bytes_in(saved)
    )


if __name__ == "__main__":
    serve(work)
