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
    NEVER_FINITE,
    ArtifactError,
    BoostedModel,
    Limits,
    Part,
    StoppedPredictions,
    Task,
    TrialFailed,
    load,
    real,
    save,
    whole,
)
from automl_catboost.head import Head
from automl_catboost.pools import labelled, outputs, pool_of, varies
from automl_catboost.trees import Shape, check_bytes
from automl_catboost.watch import LOOK_EVERY, Plan, Watch

_HEAD = "head.npz"
_TREES = "catboost.cbm"
_ENCODING = frozenset({"keep", FEATURES})  # the parameters that are not CatBoost's
_STAGES = 48  # states of the model shown to the honest choice of a stop
_RESTARTS = 2  # each throws away at most a few rounds; the pace is known after the first


def work_of(task: Task) -> float:
    """What learning rates add up to when the loss on other rows stops falling (measured on the tables at hand)."""
    return 20.0 if task.is_classification else 40.0


class CatBoostModel(BoostedModel[Head, bytes]):
    """A CatBoost model, as the bytes of its file."""

    every_core = -1

    def look(self, train: Part) -> Head:
        """Look at labels and columns; of constants, CatBoost does not learn at all."""
        head = Head.of(train, self.task)
        return replace(
            head,
            boosted=head.boosted and varies(train.features.matrix),
            categorical=np.asarray(train.features.categorical, dtype=np.int64),
        )

    def boost(self, head: Head, train: Part, score: Part | None, limits: Limits) -> bytes:
        """Boost, again at another learning rate where the pace turns out wrong; return the best rounds."""
        import catboost

        known = head.known(score)
        pool = labelled(head, train)
        scored = None if known is None else labelled(head, known)
        rate, depth = real(self.params, "learning_rate"), whole(self.params, "depth")
        plan = Plan.of(rate, len(train.y), 2**depth * head.n_groups, scored is not None, work_of(self.task))
        for attempt in range(_RESTARTS + 1):
            watch = Watch(plan, limits, head.loss, may_restart=attempt < _RESTARTS)
            model = catboost.CatBoost(self._catboost_params(head, plan, limits.threads))
            # Rows may want to be predicted by more rounds than are best for all, so CatBoost is not to drop them.
            model.fit(pool, eval_set=scored, callbacks=[watch], use_best_model=False)
            if watch.again is None:
                break
            plan = watch.again
        if not model.tree_count_ or (scored is not None and not watch.best_round):
            raise TrialFailed(NEVER_FINITE)
        if score is not None and scored is not None:
            self.stopped = self._without_own(head, model, score)
            model.shrink(watch.best_round)
            model.shrink(watch.best_round)  # again: only then it drops tables of categories that no tree looks at
        return _to_bytes(model)

    def _without_own(self, head: Head, model: Any, score: Part) -> NDArray[np.float64] | None:
        """Predict the score part by the rounds that are best for other rows of it."""
        stopped = StoppedPredictions(score, self.task, self.seed)
        kind = "Probability" if len(head.classes) else "RawFormulaVal"
        period = -(-model.tree_count_ // _STAGES)
        pool = pool_of(head, score.features.matrix)
        for out in model.staged_predict(pool, kind, eval_period=period, thread_count=self.threads):
            stopped.show(head.spread(np.asarray(out, dtype=np.float64).reshape(len(score.y), -1)))
        return stopped.predictions

    def read(self, kept: bytes) -> Any:
        """Let CatBoost parse its file."""
        import catboost

        return catboost.CatBoost().load_model(blob=kept)

    def outputs(self, trees: Any, head: Head, matrix: NDArray[np.float32], threads: int) -> NDArray[np.float64]:
        """Return probabilities or values."""
        return head.spread(outputs(trees, head, matrix, threads))

    def save(self, folder: Path) -> None:
        """Write CatBoost's own format, its SHA-256, and the labels."""
        if self.head is None or self.kept is None:
            save(self.head, folder / _HEAD)
            return
        save(replace(self.head, digest=hashlib.sha256(self.kept).hexdigest()), folder / _HEAD)
        (folder / _TREES).write_bytes(self.kept)

    def _catboost_params(self, head: Head, plan: Plan, threads: int) -> dict[str, Any]:
        return {
            **{name: value for name, value in self.params.items() if name not in _ENCODING},
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
            "random_seed": self.seed % (2**31),
            "thread_count": threads,
        }


def load_model(folder: Path) -> CatBoostModel:
    """Read back a model; raise `ArtifactError` where the trees are damaged or do not fit the labels.

    CatBoost crashes on wrong numbers in a file, so all of them are checked before it sees the bytes. The SHA-256 beside
    them tells accidents; who forges a file can forge that too.
    """
    head = load(folder / _HEAD, Head)
    if not head.boosted:
        return CatBoostModel.of(head, None)
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
        _check(model.parsed(), head)
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
