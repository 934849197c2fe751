"""Logistic regression on the pixels of images: what a table of images gives without a network."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.systems.base import Job, Outcome, bytes_in, median_latency
from benchmarks.systems.tables import Answer, read, versions
from benchmarks.systems.worker import serve, since_start

_SIDE = 32  # pixels; larger ones are shrunk
_ITERATIONS = 300


def work(job: Job) -> Outcome:
    """Fit on the images of the training rows and predict the others."""
    import joblib
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if job.task == "regression":
        raise SystemExit("pixels: labels only")
    train, test = read(job.train), read(job.features)
    target = train.pop(job.target)
    [column] = train.columns
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1e-3, max_iter=_ITERATIONS, random_state=job.seed))
    model.fit(_pixels(train[column]), target)
    seconds = since_start()
    started = time.monotonic()
    fresh = _pixels(test[column])
    answer = Answer(model.predict_proba(fresh), list(model.classes_))
    predict_seconds = time.monotonic() - started
    latency = median_latency(lambda i: model.predict(_pixels(test[column].iloc[[i]])), len(test))
    saved = Path(job.folder) / "model.joblib"
    joblib.dump(model, saved)
    return Outcome(
        answer.write(job.folder), seconds, predict_seconds, 1, versions("scikit-learn"), latency, bytes_in(saved)
    )


def _pixels(paths: Sequence[str]) -> Any:
    """Read images as (n_images, 3 · side²) float32 in [0, 1]."""
    import numpy as np
    from PIL import Image

    rows = [np.asarray(Image.open(path).convert("RGB").resize((_SIDE, _SIDE)), dtype=np.float32) for path in paths]
    return np.stack(rows).reshape(len(rows), -1) / 255


if __name__ == "__main__":
    serve(work)
