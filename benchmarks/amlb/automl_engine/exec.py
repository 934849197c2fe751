"""One task of the AutoML Benchmark, in the engine's own environment: read, fit, predict, and tell.

The benchmark starts this file with the task on standard input; `call_run` reads it and writes what `run` returns.
"""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pandas as pd
from frameworks.shared.callee import call_run, measure_inference_times, output_subdir, result
from frameworks.shared.utils import Timer

from automl import AutoMLClassifier, AutoMLRegressor
from automl.version import VERSION

log = logging.getLogger(__name__)

METRICS = {
    "acc": "accuracy",
    "auc": "roc_auc",
    "auc_ovr": "roc_auc",
    "balacc": "balanced_accuracy",
    "f1": "f1",
    "logloss": "log_loss",
    "mae": "mae",
    "mse": "rmse",  # the same order of models
    "msle": "rmsle",
    "pr_auc": "average_precision",
    "r2": "r2",
    "rmse": "rmse",
    "rmsle": "rmsle",
}
"""The benchmark's names of metrics, and the engine's."""
_SINGLES = 100  # rows that are predicted one by one, as other frameworks' integrations do
_SEEDS = 2**31  # the benchmark draws from all of 32 bits


def run(dataset, config):
    """Fit within the task's limits and return the benchmark's `result`: predictions, truth, durations and counts."""
    log.info("\n**** automl-engine [v%s] ****\n", VERSION)
    classify = config.type == "classification"
    target, classes = dataset.target.name, dataset.target.classes
    train, test = pd.read_parquet(dataset.train.path), pd.read_parquet(dataset.test.path)
    y, truth = (_labels(t[target]) if classify else t[target].astype(float) for t in (train, test))
    X = test.drop(columns=target)

    model = _estimator(config, classify=classify)
    with Timer() as training:
        model.fit(train.drop(columns=target), y)

    def infer(data):
        rows = pd.read_parquet(data) if isinstance(data, str) else data
        return model.predict_proba(rows) if classify else model.predict(rows)

    inference_times = {}
    if config.measure_inference_time:
        inference_times["file"] = measure_inference_times(infer, dataset.inference_subsample_files)
        singles = [(1, X.sample(1, random_state=i)) for i in range(_SINGLES)]
        inference_times["df"] = measure_inference_times(infer, singles)

    with Timer() as predicting:
        answer = infer(X)
        predictions = model.predict(X) if classify else answer
    probabilities = _with_every_class(answer, model.classes_, classes) if classify else None
    _keep_leaderboard(model, config)
    return result(
        output_file=config.output_predictions_file,
        predictions=predictions,
        truth=truth.to_numpy(),
        probabilities=None if probabilities is None else probabilities.to_numpy(),
        probabilities_labels=None if probabilities is None else list(probabilities.columns),
        target_is_encoded=False,
        models_count=len(model.leaderboard_),
        models_ensemble_count=len(model.members_),
        training_duration=training.duration,
        predict_duration=predicting.duration,
        inference_times=inference_times,
    )


def _estimator(config, *, classify):
    """Return the estimator with the task's limits; `params` of the framework's definition go before them."""
    if config.metric not in METRICS:
        raise ValueError(f"the engine has no metric '{config.metric}': known are {', '.join(sorted(METRICS))}")
    own = {name: value for name, value in config.framework_params.items() if not name.startswith("_")}
    settings = {
        "metric": METRICS[config.metric],
        "time_limit": config.max_runtime_seconds,
        "n_jobs": config.framework_params.get("_n_jobs", config.cores),
        "memory_limit": f"{config.max_mem_size_mb}MiB" if config.max_mem_size_mb > 0 else None,
        "random_state": (config.seed or 0) % _SEEDS,
    }
    estimator = AutoMLClassifier() if classify else AutoMLRegressor()
    return estimator.set_params(**{**settings, **own})  # which names an unknown one


def _labels(column):
    """Return labels as text: what the benchmark compares, whatever type the file has for them."""
    return column.astype(str).astype(object)


def _with_every_class(probabilities, known, classes):
    """Return probabilities (n_rows, n_classes), a column for each class of the task, in alphabetical order.

    A class without a training row has probability 0. Where the task spells its classes in another way than the file
    does, the file rules: those are the labels that the truth has.
    """
    table = pd.DataFrame(probabilities, columns=[str(label) for label in known], dtype=np.float64)
    named = {str(label) for label in classes or ()}
    names = sorted(named if named >= set(table.columns) else table.columns)
    return table.reindex(columns=names, fill_value=0.0)


def _keep_leaderboard(model, config):
    """Write the leaderboard beside the benchmark's results."""
    path = Path(output_subdir("leaderboard", config)) / "leaderboard.csv"
    model.leaderboard_.to_csv(path, index=False)


if __name__ == "__main__":
    call_run(run)
