"""One LightGBM model: from a part to a booster, to LightGBM's text on disk, and back."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.plugin import (
    FEATURES,
    MAX_ROUNDS,
    ArtifactError,
    Features,
    Limits,
    Model,
    Pace,
    Params,
    Part,
    StoppedPredictions,
    Task,
    TrialFailed,
    boost,
    checkpoints,
    linked,
    load,
    of_labels,
    patience_for,
    real,
    save,
    spread,
    storable,
)
from automl_classical.arrays import Lesson
from automl_classical.boosting_text import check_text, lean
from automl_classical.outputs import check_classes, check_shape

MAX_TREES = 25_000
"""A round grows a tree a label, so many labels get fewer rounds."""
_HEAD = "head.npz"
_TEXT = "lightgbm.txt.gz"
_MOST_TEXT = 2**30  # characters; a longer text is a damaged or hostile file
_FEW = 512  # rows up to which starting threads costs more than they save
_ENCODING = frozenset({"keep", FEATURES})  # the parameters that are not LightGBM's


@storable("classical.boosting")
@dataclass(frozen=True)
class _Head:
    """What LightGBM's text does not say.

    `classes`: (n_seen,) int64 labels that the trees know, empty for regression. `prior`: (n_outputs,) float64, which is
    the prediction where there was nothing to boost (`boosted` is False). `scale`, `shift` undo a standardised target.
    """

    classes: NDArray[np.int64]
    prior: NDArray[np.float64]
    boosted: bool
    n_features: int
    scale: float = 1.0
    shift: float = 0.0

    def __post_init__(self) -> None:
        check_shape("prior", self.prior, (len(self.prior),))
        check_classes(self.classes, len(self.prior))
        if not (len(self.prior) and np.isfinite([self.scale, self.shift]).all()):
            raise ValueError("prior, scale and shift must be finite")


class BoostingModel(Model):
    """A booster, kept as text so that it pickles, and read when first needed."""

    def __init__(self, params: Params, task: Task, seed: int, extra_trees: bool) -> None:
        self._params, self._task, self._seed, self._extra_trees = dict(params), task, seed, extra_trees
        self._threads = 1
        self._head: _Head | None = None
        self._text = ""
        self._booster: Any = None
        self._stopped: NDArray[np.float64] | None = None

    @classmethod
    def of(cls, head: _Head, text: str) -> BoostingModel:
        """Return a model read from disk; prediction then uses every core."""
        model = cls.__new__(cls)
        model._threads, model._head, model._text, model._booster, model._stopped = 0, head, text, None, None
        return model

    def fit(self, train: Part, score: Part | None, limits: Limits) -> None:
        """Boost until the score part's loss stops falling, or for a fixed number of rounds without one."""
        if limits.seconds_left <= 0:
            raise TrialFailed("no time left to boost")
        self._threads = limits.threads
        lesson = Lesson(self._params, self._task, self._seed, train, limits)
        classify = self._task.is_classification
        classes = lesson.classes[0] if classify else np.empty(0, dtype=np.int64)
        shift, scale = (0.0, 1.0) if classify else _standard(train.y)
        boosted = not lesson.hopeless
        self._head = _Head(classes, lesson.prior, boosted, train.features.matrix.shape[1], scale, shift)
        if boosted:
            self._boost(train, score, limits)

    def _boost(self, train: Part, score: Part | None, limits: Limits) -> None:
        import lightgbm

        params = self._lightgbm_params(limits.threads)
        data = self._dataset(train, params, None)
        booster = lightgbm.Booster(params, data)
        head = self._head
        assert head is not None
        scored = None if score is None else of_labels(score, head.classes)
        if scored is not None and len(scored.y):
            booster.add_valid(self._dataset(scored, params, data), "score")
        else:
            scored = None
        most = min(MAX_ROUNDS, MAX_TREES // booster.num_model_per_iteration())
        pace = Pace(real(self._params, "learning_rate"), patience_for(len(train.y)), most)
        best = boost(_Rounds(booster, scored is not None), pace, limits)
        if not best:
            raise TrialFailed("the loss on the score part was never a finite number: look for infinite targets")
        if score is not None and scored is not None:
            self._stopped = self._without_own(booster, score)
        self._text = lean(booster.model_to_string(num_iteration=best))
        self._booster = None

    def _without_own(self, booster: Any, score: Part) -> NDArray[np.float64] | None:
        """Predict the score part by the rounds that are best for other rows of it."""
        stopped = StoppedPredictions(score, self._task, self._seed)
        n_classes = len(self._head.classes) if self._head else 0
        done, raw = 0, np.float64(0)
        for rounds in checkpoints(booster.current_iteration()):
            raw = raw + booster.predict(
                score.features.matrix, start_iteration=done, num_iteration=rounds - done, raw_score=True,
                num_threads=self._threads, validate_features=False,
            )  # fmt: skip
            done = rounds
            stopped.show(self._outputs(linked(raw, n_classes)))
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
            return np.tile(head.prior.astype(np.float64), (n_rows, 1))
        threads = 1 if n_rows <= _FEW else self._threads
        return self._outputs(self._reader().predict(features.matrix, num_threads=threads, validate_features=False))

    def _outputs(self, out: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn what LightGBM predicts into (n_rows, n_labels) probabilities or (n_rows, 1) values."""
        head = self._head
        assert head is not None
        if not len(head.classes):
            return np.asarray(out * head.scale + head.shift, dtype=np.float64)[:, None]
        if out.ndim == 1:
            out = np.column_stack([1 - out, out])
        return spread(out / out.sum(axis=1, keepdims=True), head.classes, len(head.prior))

    def save(self, folder: Path) -> None:
        """Write LightGBM's text and the labels."""
        save(self._head, folder / _HEAD)
        (folder / _TEXT).write_bytes(gzip.compress(self._text.encode(), compresslevel=1, mtime=0))

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_booster": None, "_stopped": None}

    def _reader(self) -> Any:
        if self._booster is None:
            import lightgbm

            self._booster = lightgbm.Booster(model_str=self._text)
        return self._booster

    def _dataset(self, part: Part, params: dict[str, Any], reference: Any) -> Any:
        import lightgbm

        head = self._head
        assert head is not None
        if len(head.classes):
            label: NDArray[Any] = np.searchsorted(head.classes, part.y)
        else:
            label = (part.y - head.shift) / head.scale
        return lightgbm.Dataset(
            part.features.matrix,
            label=label,
            weight=part.weights,
            categorical_feature=part.features.categorical,
            reference=reference,
            params=params,
        )

    def _lightgbm_params(self, threads: int) -> dict[str, Any]:
        head = self._head
        assert head is not None
        objective = {0: "regression", 2: "binary"}.get(len(head.classes), "multiclass")
        return {
            **{name: value for name, value in self._params.items() if name not in _ENCODING},
            "objective": objective,
            "metric": {"regression": "l2", "binary": "binary_logloss", "multiclass": "multi_logloss"}[objective],
            "num_class": len(head.classes) if objective == "multiclass" else 1,
            "extra_trees": self._extra_trees,
            "bagging_freq": 1,
            "min_sum_hessian_in_leaf": 1e-7,  # the tuned default; min_data_in_leaf is bound enough
            "feature_pre_filter": False,
            "deterministic": True,
            "force_col_wise": True,
            "num_threads": threads,
            "seed": self._seed % (2**31),
            "verbose": -1,
        }


class _Rounds:
    """A booster in training, as `boost` drives it."""

    def __init__(self, booster: Any, scored: bool) -> None:
        self._booster, self._scored = booster, scored

    def step(self) -> None:
        self._booster.update()

    def loss(self) -> float | None:
        return float(self._booster.eval_valid()[0][2]) if self._scored else None

    def learn_faster(self, rate: float) -> None:
        self._booster.reset_parameter({"learning_rate": rate})


def load_boosting(folder: Path) -> BoostingModel:
    """Read back a model; raise `ArtifactError` where the text is damaged or does not fit the labels."""
    import lightgbm

    head = load(folder / _HEAD, _Head)
    path = folder / _TEXT
    if not head.boosted:
        return BoostingModel.of(head, "")
    try:
        with gzip.open(path) as file:
            text = file.read(_MOST_TEXT).decode()
    except FileNotFoundError:
        raise ArtifactError(f"{path}: the file is missing from the model folder; save the model again") from None
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise ArtifactError(f"{path}: the file cannot be read ({error}); use an intact copy") from error
    per_round = len(head.classes) if len(head.classes) > 2 else 1
    try:
        check_text(text, head.n_features, per_round)
        model = BoostingModel.of(head, text)
        model._reader()
    except (ValueError, lightgbm.basic.LightGBMError) as error:
        raise ArtifactError(f"{path}: the file is damaged ({error}); use an intact copy of the model") from error
    return model


def _standard(y: NDArray[Any]) -> tuple[float, float]:
    return float(y.mean()), float(y.std()) or 1.0
