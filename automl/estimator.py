"""The scikit-learn face: `AutoMLClassifier` and `AutoMLRegressor`."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from joblib import effective_n_jobs
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import assert_all_finite, check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from automl.engine import load, run_fit
from automl.fitted import FittedModel
from automl.leaderboard import read_leaderboard
from automl.options import FitOptions
from automl.saving import save_fitted
from automl.task import Label, TaskKind

_FEWEST_ROWS = 5
_TARGET, _WEIGHT, _GROUP = "__target__", "__weight__", "__group__"


class _AutoML(BaseEstimator):  # type: ignore[misc]
    """What both estimators share.

    Parameters
    ----------
    time_limit : seconds of wall clock for `fit`; 300 by default, no limit where `trials` is given.
    metric : name, scikit-learn scorer or callable; roc_auc, log_loss or rmse by default.
    families, exclude : names of model families to try, or to leave out.
    backbone : a folder of pretrained weights to start from, or several: for columns of text, for columns of images.
    selection : of features: `auto`, `off`, or the name of a selector.
    trials : number of configurations to try; the same seed then gives the same model.
    random_state : seed of everything random.
    n_jobs : worker processes; None or -1 for all cores.
    folds : number of cross-validation folds; chosen by size by default.
    sampler : `tpe`, `random`, `grid` or `gp`.
    memory_limit : what a fit may hold, as "8GiB", "50%" of what is available, or bytes; 80% by default.
    fast : whether to keep one model, or as few as give up at most 1% of the ensemble's score.
    latency_limit : milliseconds that a single row may take to predict, warm; 20 by default where it costs little.
    backend : `process`, or `inline` to run trials in this process without protection.
    run_folder : where to keep the run, a numbered folder inside for each fit; by default it is deleted after the fit.
    """

    def __init__(  # noqa: PLR0913 - scikit-learn wants every setting as a parameter
        self,
        *,
        time_limit: float | None = None,
        metric: Any = None,
        families: Any = None,
        exclude: Any = None,
        backbone: Any = None,
        selection: str = "auto",
        trials: int | None = None,
        random_state: Any = None,
        n_jobs: int | None = None,
        folds: int | None = None,
        sampler: str = "tpe",
        memory_limit: str | int | None = None,
        fast: bool = False,
        latency_limit: float | None = None,
        backend: str = "process",
        run_folder: str | Path | None = None,
    ) -> None:
        self.time_limit = time_limit
        self.metric = metric
        self.families = families
        self.exclude = exclude
        self.backbone = backbone
        self.selection = selection
        self.trials = trials
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.folds = folds
        self.sampler = sampler
        self.memory_limit = memory_limit
        self.fast = fast
        self.latency_limit = latency_limit
        self.backend = backend
        self.run_folder = run_folder

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags

    def save(self, path: str | Path) -> None:
        """Write the fitted model as a folder that `automl.load` and `automl predict` read."""
        check_is_fitted(self, "model_")
        save_fitted(self.model_, Path(path))

    def _checked(self, X: Any, y: Any) -> tuple[pd.DataFrame, NDArray[Any]]:
        frame = self._frame(X, reset=True)
        y = column_or_1d(y, warn=True)
        assert_all_finite(y, input_name="y")
        check_consistent_length(frame, y)
        if len(frame) < _FEWEST_ROWS:
            raise ValueError(
                f"n_samples = {len(frame)} is too few to cross-validate: give at least {_FEWEST_ROWS} rows"
            )
        return frame, y

    def _fit(self, frame: pd.DataFrame, y: NDArray[Any], kind: TaskKind, sample_weight: Any, groups: Any) -> None:
        columns: dict[str, Any] = {_TARGET: y}
        if sample_weight is not None:
            columns[_WEIGHT] = _check_sample_weight(sample_weight, frame, ensure_non_negative=True)
        if groups is not None:
            check_consistent_length(frame, groups)
            columns[_GROUP] = np.asarray(groups)
        frame = frame.assign(**columns)
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary) / "run" if self.run_folder is None else _fresh(Path(self.run_folder))
            options = FitOptions(
                target=_TARGET,
                task=kind,
                metric=self.metric,
                output=folder,
                time_limit=self.time_limit,
                trials=self.trials,
                test_size=0.0,
                weight=_WEIGHT if sample_weight is not None else None,
                group=_GROUP if groups is not None else None,
                families=_names(self.families),
                exclude=_names(self.exclude) or (),
                backbones=tuple(Path(folder) for folder in _names(self.backbone) or ()),
                selection=self.selection,
                folds=self.folds,
                seed=_seed(self.random_state),
                jobs=None if self.n_jobs is None else effective_n_jobs(self.n_jobs),
                sampler=self.sampler,
                memory_limit=self.memory_limit,
                fast=bool(self.fast),
                latency_limit=self.latency_limit,
                backend=self.backend,  # type: ignore[arg-type]
            )
            result = run_fit(frame, options)
            self.leaderboard_ = pd.DataFrame(read_leaderboard(folder))
            self.model_: FittedModel = load(folder)
        self.cv_score_ = result.cv_score
        self.members_ = result.members

    def _name_task(self, target: Any, labels: tuple[Label, ...]) -> None:
        """Give the model, which learned codes of a column with a made-up name, the user's own labels and name."""
        task = replace(self.model_.task, labels=labels)
        if isinstance(target, str) and target not in self._columns:
            task = replace(task, target=target)
        self.model_ = replace(self.model_, task=task)

    def _prediction(self, X: Any) -> NDArray[np.float64]:
        check_is_fitted(self, "model_")
        return self.model_.predict_proba(self._frame(X, reset=False))

    def _frame(self, X: Any, *, reset: bool) -> pd.DataFrame:
        """Return X as a data frame; columns of an array are named x0, x1, …"""
        if isinstance(X, pd.DataFrame):
            validate_data(self, X, reset=reset, skip_check_array=True)
            if not len(X):
                raise ValueError("Found array with 0 sample(s) while a minimum of 1 is required.")
            frame = X.rename(columns=str).reset_index(drop=True)
        else:
            array = validate_data(self, X, reset=reset, dtype=None, ensure_all_finite="allow-nan")
            frame = pd.DataFrame(array, columns=[f"x{i}" for i in range(array.shape[1])]).infer_objects()
        if reset:
            self._columns = list(frame.columns)
        elif not (isinstance(X, pd.DataFrame) and hasattr(self, "feature_names_in_")):
            frame.columns = pd.Index(self._columns)  # an array in place of a data frame, or the other way round
        return frame


class AutoMLClassifier(ClassifierMixin, _AutoML):  # type: ignore[misc]
    """Searches for an ensemble of classifiers within a time limit.

    After `fit`: `classes_` (n_classes,), `model_` (the fitted ensemble), `leaderboard_` (a data frame, one row a
    trial), `cv_score_` (the metric, cross-validated), `members_`.
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> Self:
        """Search on X (n_rows, n_columns), a data frame or an array, and labels y (n_rows,)."""
        name = getattr(y, "name", None)
        frame, y = self._checked(X, y)
        check_classification_targets(y)
        classes, codes = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(f"the target has one class ({classes[0]!r}): a classifier needs at least two")
        kind = TaskKind.BINARY if len(classes) == 2 else TaskKind.MULTICLASS
        self._fit(frame, codes.astype(np.int64), kind, sample_weight, groups)
        self.classes_ = classes
        labels = tuple(label if isinstance(label, str | int | float) else str(label) for label in classes.tolist())
        self._name_task(name, labels)
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return probabilities (n_rows, n_classes), columns in the order of `classes_`."""
        return self._prediction(X)

    def predict(self, X: Any) -> NDArray[Any]:
        """Return labels (n_rows,)."""
        prediction = self._prediction(X)
        labels: NDArray[Any] = self.classes_[self.model_.output.decision.labels(prediction)]
        return labels


class AutoMLRegressor(RegressorMixin, _AutoML):  # type: ignore[misc]
    """Searches for an ensemble of regressors within a time limit.

    After `fit`: `model_` (the fitted ensemble), `leaderboard_` (a data frame, one row a trial), `cv_score_` (the
    metric, cross-validated), `members_`.
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> Self:
        """Search on X (n_rows, n_columns), a data frame or an array, and values y (n_rows,)."""
        name = getattr(y, "name", None)
        frame, y = self._checked(X, y)
        self._fit(frame, y.astype(np.float64), TaskKind.REGRESSION, sample_weight, groups)
        self._name_task(name, ())
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Return values (n_rows,)."""
        return self._prediction(X)[:, 0]


def _fresh(parent: Path) -> Path:
    """Return the first numbered folder that is not there yet, so that refits and clones do not collide."""
    number = 1
    while (parent / str(number)).exists():
        number += 1
    return parent / str(number)


def _names(value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    return (str(value),) if isinstance(value, str | Path) else tuple(value)


def _seed(random_state: Any) -> int:
    if random_state is None:
        return 0
    if isinstance(random_state, int | np.integer):
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))
