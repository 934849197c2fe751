"""One CatBoost model: from a part to trees, to CatBoost's own file on disk, and back."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.plugin import (
    FEATURES,
    ArtifactError,
    Features,
    Limits,
    Model,
    Params,
    Part,
    StoppedPredictions,
    Task,
    TrialFailed,
    load,
    of_labels,
    real,
    save,
    spread,
    whole,
)
from automl_catboost.head import Head
from automl_catboost.pools import labelled, outputs, pool_of, varies
from automl_catboost.trees import Shape, check_bytes
from automl_catboost.watch import LOOK_EVERY, Plan, Watch

_HEAD = "head.npz"
_TREES = "catboost.cbm"
_FEW = 512  # rows up to which starting threads costs more than they save
_ENCODING = frozenset({"keep", FEATURES})  # the parameters that are not CatBoost's
_STAGES = 48  # states of the model shown to the honest choice of a stop
_RESTARTS = 2  # each throws away at most a few rounds; the pace is known after the first


def work_of(task: Task) -> float:
    """What learning rates add up to when the loss on other rows stops falling (measured on the tables at hand)."""
    return 20.0 if task.is_classification else 40.0


class CatBoostModel(Model):
    """A CatBoost model, kept as the bytes of its file so that it pickles, and read when first needed."""

    def __init__(self, params: Params, task: Task, seed: int) -> None:
        self._params, self._task, self._seed = dict(params), task, seed
        self._threads = 1
        self._head: Head | None = None
        self._bytes = b""
        self._reader: Any = None
        self._stopped: NDArray[np.float64] | None = None

    @classmethod
    def of(cls, head: Head, data: bytes) -> CatBoostModel:
        """Return a model read from disk; prediction then uses every core."""
        model = cls.__new__(cls)
        model._threads, model._head, model._bytes, model._reader, model._stopped = -1, head, data, None, None
        return model

    def fit(self, train: Part, score: Part | None, limits: Limits) -> None:
        """Boost until the score part's loss stops falling, or for a fixed number of rounds without one."""
        if limits.seconds_left <= 0:
            raise TrialFailed("no time left to boost")
        self._threads = limits.threads
        head = Head.of(train, self._task)
        head = replace(
            head,
            boosted=head.boosted and varies(train.features.matrix),
            categorical=np.asarray(train.features.categorical, dtype=np.int64),
        )
        self._head = head
        if head.boosted:
            trained = self._train(head, train, score, limits)
            self._bytes, self._reader = _to_bytes(trained), trained
            self._head = replace(head, digest=hashlib.sha256(self._bytes).hexdigest())

    def _train(self, head: Head, train: Part, score: Part | None, limits: Limits) -> Any:
        import catboost

        known = None if score is None else of_labels(score, head.classes)
        pool = labelled(head, train)
        scored = None if known is None or not len(known.y) else labelled(head, known)
        rate, depth = real(self._params, "learning_rate"), whole(self._params, "depth")
        plan = Plan.of(rate, len(train.y), 2**depth * head.n_groups, scored is not None, work_of(self._task))
        for attempt in range(_RESTARTS + 1):
            watch = Watch(plan, limits, head.loss, may_restart=attempt < _RESTARTS)
            model = catboost.CatBoost(self._catboost_params(head, plan, limits.threads))
            # Rows may want to be predicted by more rounds than are best for all, so CatBoost is not to drop them.
            model.fit(pool, eval_set=scored, callbacks=[watch], use_best_model=False)
            if watch.again is None:
                break
            plan = watch.again
        if not model.tree_count_ or (scored is not None and not watch.best_round):
            raise TrialFailed("the loss on the score part was never a finite number: look for infinite targets")
        if score is not None and scored is not None:
            self._stopped = self._without_own(model, score)
            model.shrink(watch.best_round)
            model.shrink(watch.best_round)  # again: only then it drops tables of categories that no tree looks at
        return model

    def _without_own(self, model: Any, score: Part) -> NDArray[np.float64] | None:
        """Predict the score part by the rounds that are best for other rows of it."""
        head = self._head
        assert head is not None
        stopped = StoppedPredictions(score, self._task, self._seed)
        kind = "Probability" if len(head.classes) else "RawFormulaVal"
        period = -(-model.tree_count_ // _STAGES)
        pool = pool_of(head, score.features.matrix)
        for out in model.staged_predict(pool, kind, eval_period=period, thread_count=self._threads):
            stopped.show(self._spread(np.asarray(out, dtype=np.float64).reshape(len(score.y), -1)))
        return stopped.predictions

    def predict_score(self, features: Features) -> NDArray[np.float64]:
        """Predict the score part, each row by the rounds that are best for other rows of it."""
        return self.predict(features) if self._stopped is None else self._stopped

    def predict(self, features: Features) -> NDArray[np.float64]:
        """Return (n_rows, n_labels) probabilities or (n_rows, 1) values."""
        if self._head is None:
            raise TrialFailed("asked to predict before fitting: call fit first")
        head, n_rows = self._head, features.n_rows
        if not head.boosted or not n_rows:
            return head.constant(n_rows)
        if features.matrix.shape[1] != head.n_features:
            raise TrialFailed(f"fitted on {head.n_features} columns, but asked to predict {features.matrix.shape[1]}")
        if self._reader is None:
            self._reader = _from_bytes(self._bytes)
        return self._spread(outputs(self._reader, head, features.matrix, 1 if n_rows <= _FEW else self._threads))

    def _spread(self, out: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn what CatBoost predicts into (n_rows, n_labels) probabilities or (n_rows, 1) values."""
        head = self._head
        assert head is not None
        if not len(head.classes):
            return out * head.scale + head.shift
        return spread(out / out.sum(axis=1, keepdims=True), head.classes, len(head.prior))

    def save(self, folder: Path) -> None:
        """Write CatBoost's own format and the labels."""
        save(self._head, folder / _HEAD)
        if self._bytes:
            (folder / _TREES).write_bytes(self._bytes)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_reader": None, "_stopped": None}

    def _catboost_params(self, head: Head, plan: Plan, threads: int) -> dict[str, Any]:
        return {
            **{name: value for name, value in self._params.items() if name not in _ENCODING},
            **({"classes_count": len(head.classes)} if head.n_groups > 1 else {}),
            "learning_rate": plan.rate,
            "iterations": plan.max_rounds,
            "loss_function": head.loss,
            "eval_metric": f"{head.loss}:hints=skip_train~true",
            "metric_period": LOOK_EVERY,
            "boosting_type": "Plain",
            "bootstrap_type": "Bernoulli",
            "allow_const_label": True,
            "allow_writing_files": False,
            "logging_level": "Silent",
            "random_seed": self._seed % (2**31),
            "thread_count": threads,
        }


def load_model(folder: Path) -> CatBoostModel:
    """Read back a model; raise `ArtifactError` where the trees are damaged or do not fit the labels.

    CatBoost crashes on wrong numbers in a file, so all of them are checked before it sees the bytes. The SHA-256 beside
    them tells accidents; who forges a file can forge that too.
    """
    head = load(folder / _HEAD, Head)
    if not head.boosted:
        return CatBoostModel.of(head, b"")
    path = folder / _TREES
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise ArtifactError(f"{path}: the file is missing from the model folder; save the model again") from None
    if hashlib.sha256(data).hexdigest() != head.digest:
        raise ArtifactError(f"{path}: the file is damaged (its SHA-256 differs); use an intact copy of the model")
    n_categories = len(head.categorical)
    try:
        check_bytes(data, Shape(head.n_features - n_categories, n_categories, head.n_groups))
        model = CatBoostModel.of(head, data)
        model._reader = _from_bytes(data)
        _check(model._reader, head)
    except Exception as error:  # catboost is imported by then, but its own error class is no public name
        raise ArtifactError(f"{path}: the file is damaged ({error}); use an intact copy of the model") from error
    return model


def _check(model: Any, head: Head) -> None:
    """Raise ValueError where the trees were made for other columns or labels."""
    if len(model.feature_names_) != head.n_features or not model.tree_count_:
        raise ValueError("it was made for other columns")
    n_numbers = head.n_features - len(head.categorical)
    if list(model.get_cat_feature_indices()) != list(range(n_numbers, head.n_features)):
        raise ValueError("it was made for other categorical columns")
    if outputs(model, head, np.zeros((1, head.n_features), dtype=np.float32), 1).shape[1] != max(1, len(head.classes)):
        raise ValueError("it was made for other labels")


def _to_bytes(model: Any) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / _TREES
        model.save_model(str(path), format="cbm")
        return path.read_bytes()


def _from_bytes(data: bytes) -> Any:
    import catboost

    return catboost.CatBoost().load_model(blob=data)
