"""LightGBM with its defaults and the least preparation that is fair: what anyone gets without trying."""

from __future__ import annotations

import platform
import time
from pathlib import Path
from typing import Any

from benchmarks.systems.base import Job, Outcome
from benchmarks.systems.worker import serve

_MOST_LEVELS = 1000  # with more, a column is text, a name or a date, and enters as a number
_NUMERIC_SHARE = 0.95  # blanks and stray words do not make a column of numbers text


def work(job: Job) -> Outcome:
    """Fit on the training rows and predict the others."""
    import lightgbm
    import numpy as np
    import pandas as pd

    train, test = read(job.train), read(job.features)
    target = train.pop(job.target)
    X, fresh = prepared(train, test)
    classify = job.task != "regression"
    model: Any = (lightgbm.LGBMClassifier if classify else lightgbm.LGBMRegressor)(random_state=job.seed, verbose=-1)
    model.fit(X, target if classify else pd.to_numeric(target))
    started = time.monotonic()
    if classify:
        probabilities = model.predict_proba(fresh)
        columns: dict[str, Any] = {"prediction": np.asarray(model.classes_)[probabilities.argmax(axis=1)]}
        columns |= {f"proba_{label}": probabilities[:, i] for i, label in enumerate(model.classes_)}
    else:
        columns = {"prediction": model.predict(fresh)}
    predict_seconds = time.monotonic() - started
    path = Path(job.folder) / "pred.csv"
    pd.DataFrame(columns).to_csv(path, index=False)
    versions = {"python": platform.python_version(), "lightgbm": lightgbm.__version__}
    return Outcome(str(path), 0.0, predict_seconds, 1, versions)


def read(path: str) -> Any:
    """Read a table as text, so that labels stay what they are; empty cells become missing."""
    import pandas as pd

    return pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])


def prepared(train: Any, test: Any) -> tuple[Any, Any]:
    """Turn columns of text into numbers, categories or, with very many levels, category codes, by the training rows.

    A column of words that differ in every row is an identifier and is left out, unless nothing else is there.
    """
    import pandas as pd

    X, fresh = pd.DataFrame(index=train.index), pd.DataFrame(index=test.index)
    spare = {name for name in train.columns if _is_identifier(train[name])}
    if len(spare) == train.shape[1]:
        spare = set()
    for position, name in enumerate(train.columns):
        if name in spare:
            continue
        # The names are replaced: LightGBM refuses some characters in them.
        column = f"f{position}"
        numbers = pd.to_numeric(train[name], errors="coerce")
        if numbers.notna().sum() >= _NUMERIC_SHARE * max(train[name].notna().sum(), 1):
            X[column], fresh[column] = numbers, pd.to_numeric(test[name], errors="coerce")
            continue
        kind = pd.CategoricalDtype(sorted(train[name].dropna().unique()))
        known, met = train[name].astype(kind), _as_known(test[name], kind)
        codes = len(kind.categories) > _MOST_LEVELS
        X[column], fresh[column] = (known.cat.codes, met.cat.codes) if codes else (known, met)
    return X, fresh


def _is_identifier(column: Any) -> bool:
    import pandas as pd

    return bool(column.is_unique and pd.to_numeric(column, errors="coerce").isna().all())


def _as_known(column: Any, kind: Any) -> Any:
    """Cast to the training levels; a level not among them becomes missing."""
    return column.where(column.isin(kind.categories)).astype(kind)


if __name__ == "__main__":
    serve(work)
