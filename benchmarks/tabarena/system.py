"""The engine as a system of TabArena: an `ExternalSystemModel`, which owns its validation, tuning and ensembling.

TabArena (github.com/autogluon/tabarena) hands over raw rows and limits, and scores what comes back. Its AutoGluon wants
an older pandas than the engine does, so the engine is called by its command line, in an environment of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

try:
    from tabarena.benchmark.exec_models import ExternalSystemModel
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "benchmarks.tabarena needs TabArena, which is not installed here: see benchmarks/tabarena/README.md"
    ) from error

EXECUTABLE = "AUTOML_EXECUTABLE"
"""The environment variable that names the engine's command, `automl` on the path without it."""
METRICS = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced_accuracy",
    "f1": "f1",
    "f1_macro": "f1_macro",
    "log_loss": "log_loss",
    "mcc": "mcc",
    "mean_absolute_error": "mae",
    "r2": "r2",
    "rmse": "rmse",
    "roc_auc": "roc_auc",
    "root_mean_squared_error": "rmse",
}
"""AutoGluon's names of metrics, and the engine's."""
_GROUP = "__group__"
_PROBA = "proba_"


class AutoMLEngineSystem(ExternalSystemModel):
    """`automl fit` within the limits that TabArena gives; `options` are further words for it.

    Without a time limit of TabArena's, the engine's own of 300 s holds.
    """

    def __init__(self, *, options: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.options = tuple(options)
        self._labels: dict[str, Any] = {}
        self._folder: Path | None = None

    @classmethod
    def uses_ray(cls, method_kwargs: dict[str, Any], *, problem_type: str | None = None) -> bool:
        """Say no: the engine's workers are its own processes."""
        return False

    def _fit_system(  # noqa: PLR0913 - TabArena's signature
        self,
        X: pd.DataFrame,
        y: pd.Series,
        *,
        target_name: str,
        problem_type: str,
        eval_metric: Any,
        validation_metadata: Any,
        num_cpus: int | None,
        num_gpus: int | None,
        memory_limit: float | None,
        time_limit: float | None,
        random_state: int | None,
    ) -> AutoMLEngineSystem:
        """Fit on all rows; the engine makes folds of its own, which keep groups whole where the task has them."""
        if eval_metric.name not in METRICS:
            raise ValueError(f"the engine has no metric '{eval_metric.name}': known are {', '.join(sorted(METRICS))}")
        self._folder = Path(tempfile.mkdtemp(prefix="tabarena_automl_"))
        columns = {target_name: y}
        if problem_type != "regression":  # under names that no file format and no guess about types can change
            codes, labels = pd.factorize(y, sort=True)
            self._labels = {f"class{i}": label for i, label in enumerate(labels)}
            columns[target_name] = [f"class{code}" for code in codes]
        groups = _groups(X, validation_metadata)
        if groups is not None:
            columns[_GROUP] = groups
        table = self._folder / "train.parquet"
        X.assign(**columns).to_parquet(table, index=False)
        limits = {
            "--time-limit": time_limit,
            "--jobs": num_cpus,
            "--memory-limit": None if memory_limit is None else f"{memory_limit:g}GiB",
            "--group": None if groups is None else _GROUP,
            "--seed": random_state,
        }
        _run(
            ["fit", table, "--target", target_name, "--task", problem_type, "--metric", METRICS[eval_metric.name]]
            + ["--test-size", "0", "--output", self._folder / "run", "--quiet", "--json"]
            + [word for name, value in limits.items() if value is not None for word in (name, value)]
            + list(self.options)
        )
        return self

    def _predict(self, X: pd.DataFrame) -> pd.Series:
        """Return values, or labels, (n_rows,) with the index of X."""
        answer = self._answer(X)["prediction"]
        return pd.Series([self._labels.get(cell, cell) for cell in answer], index=X.index)

    def _predict_proba(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return probabilities, a column a label, with the index of X."""
        answer = self._answer(X)
        columns = {label: answer[f"{_PROBA}{name}"].to_numpy() for name, label in self._labels.items()}
        return pd.DataFrame(columns, index=X.index)

    def cleanup(self) -> None:
        """Delete the run."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _answer(self, X: pd.DataFrame) -> pd.DataFrame:
        assert self._folder is not None, "predictions come after a fit"
        rows, answer = self._folder / "rows.parquet", self._folder / "answer.csv"
        X.to_parquet(rows, index=False)
        _run(["predict", self._folder / "run", rows, "--output", answer])
        return pd.read_csv(answer)


def _run(words: Sequence[object]) -> None:
    """Run the engine; raise `RuntimeError` with what it said last where it fails."""
    command = [os.environ.get(EXECUTABLE, "automl"), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"automl {words[0]} ended with {done.returncode}: {done.stderr.strip()[-2000:]}")


def _groups(X: pd.DataFrame, validation_metadata: Any) -> Any:
    """Return what no fold may split, (n_rows,): groups by the task's column or columns for them; None for none."""
    names = getattr(validation_metadata, "group_on", None)
    if not names:
        return None
    columns = [names] if isinstance(names, str) else list(names)
    return X.groupby(columns, dropna=False, sort=False, observed=True).ngroup().to_numpy()
