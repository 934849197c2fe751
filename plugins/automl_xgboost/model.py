"""One XGBoost model: from a part to trees, to XGBoost's binary JSON on disk, and back."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.plugin import (
    FEATURES,
    MAX_ROUNDS,
    ArtifactError,
    BoostedHead,
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
    check_positions,
    checkpoints,
    linked,
    load,
    of_labels,
    patience_for,
    real,
    save,
    storable,
)
from automl_xgboost.trees import check_bytes

MAX_TREES = 20_000
"""A round grows a tree a label, so many labels get fewer rounds."""
_LOOKS = frozenset({3, 10, 30, 100, 300, 1000})  # rounds after which the pace is compared with the time left
_WRITING = 0.05  # of the time spent so far, which serialising the trees may take
_HEAD = "head.npz"
_TREES = "xgboost.ubj.gz"
_MOST_BYTES = 2**31  # a larger file is a damaged or hostile one
_FEW = 512  # rows up to which starting threads costs more than they save
_ENCODING = frozenset({"keep", FEATURES})  # the parameters that are not XGBoost's


@storable("xgboost.head")
@dataclass(frozen=True)
class _Head(BoostedHead):
    """What XGBoost's file does not say; `categorical`: (n_categorical,) int64 positions of the columns of codes."""

    categorical: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positions("categorical columns", self.categorical, self.n_features)

    @property
    def objective(self) -> str:
        """XGBoost's name of the loss."""
        return {0: "reg:squarederror", 2: "binary:logistic"}.get(len(self.classes), "multi:softprob")


class XGBoostModel(Model):
    """A booster, kept as bytes so that it pickles, and read when first needed."""

    def __init__(self, params: Params, task: Task, seed: int) -> None:
        self._params, self._task, self._seed = dict(params), task, seed
        self._threads = 1
        self._head: _Head | None = None
        self._bytes = b""
        self._booster: Any = None
        self._stopped: NDArray[np.float64] | None = None

    @classmethod
    def of(cls, head: _Head, data: bytes) -> XGBoostModel:
        """Return a model read from disk; prediction then uses every core."""
        model = cls.__new__(cls)
        model._threads, model._head, model._bytes, model._booster, model._stopped = 0, head, data, None, None
        return model

    def fit(self, train: Part, score: Part | None, limits: Limits) -> None:
        """Boost until the score part's loss stops falling, or for a fixed number of rounds without one."""
        if limits.seconds_left <= 0:
            raise TrialFailed("no time left to boost")
        self._threads = limits.threads
        categorical = np.asarray(train.features.categorical, dtype=np.int64)
        self._head = replace(_Head.of(train, self._task), categorical=categorical)
        if self._head.boosted:
            self._boost(self._head, train, score, limits)

    def _boost(self, head: _Head, train: Part, score: Part | None, limits: Limits) -> None:
        known = None if score is None else of_labels(score, head.classes)
        scored = None if known is None or not len(known.y) else _matrix(head, known, limits.threads)
        machine = _Rounds(self._xgboost_params(head, limits.threads), _matrix(head, train, limits.threads), scored)
        most = min(MAX_ROUNDS, MAX_TREES // head.n_groups)
        pace = Pace(real(self._params, "learning_rate"), patience_for(len(train.y)), most, _LOOKS, _WRITING)
        best = boost(machine, pace, limits)
        if not best:
            raise TrialFailed("the loss on the score part was never a finite number: look for infinite targets")
        if score is not None and scored is not None:
            self._stopped = self._without_own(head, machine.booster, score)
        self._bytes = bytes(machine.booster[:best].save_raw(raw_format="ubj"))
        self._booster = None

    def _without_own(self, head: _Head, booster: Any, score: Part) -> NDArray[np.float64] | None:
        """Predict the score part by the rounds that are best for other rows of it."""
        stopped = StoppedPredictions(score, self._task, self._seed)
        cells, done, margin = _cells(score.features.matrix, head.categorical), 0, None
        for rounds in checkpoints(booster.num_boosted_rounds()):
            # The margin so far takes the place of the model's own base score.
            margin = booster.inplace_predict(
                cells,
                iteration_range=(done, rounds),
                predict_type="margin",
                base_margin=margin,
                validate_features=False,
            )
            done = rounds
            stopped.show(head.predictions(linked(margin, len(head.classes))))
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
        booster = self._reader()
        booster.set_param({"nthread": 1 if n_rows <= _FEW else self._threads})
        cells = _cells(features.matrix, head.categorical)
        return head.predictions(booster.inplace_predict(cells, validate_features=False))

    def save(self, folder: Path) -> None:
        """Write XGBoost's binary JSON and the labels."""
        save(self._head, folder / _HEAD)
        if self._bytes:
            (folder / _TREES).write_bytes(gzip.compress(self._bytes, compresslevel=1, mtime=0))

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_booster": None, "_stopped": None}

    def _reader(self) -> Any:
        if self._booster is None:
            import xgboost

            self._booster = xgboost.Booster(model_file=bytearray(self._bytes))
        return self._booster

    def _xgboost_params(self, head: _Head, threads: int) -> dict[str, Any]:
        metric = {"reg:squarederror": "rmse", "binary:logistic": "logloss", "multi:softprob": "mlogloss"}
        return {
            **{name: value for name, value in self._params.items() if name not in _ENCODING},
            **({"num_class": len(head.classes)} if head.n_groups > 1 else {}),
            "objective": head.objective,
            "eval_metric": metric[head.objective],
            "tree_method": "hist",
            "nthread": threads,
            "seed": self._seed % (2**31),
            "verbosity": 0,
        }


class _Rounds:
    """A booster in training, as `boost` drives it."""

    def __init__(self, params: dict[str, Any], train: Any, score: Any) -> None:
        import xgboost

        self._train, self._score, self._rounds = train, score, 0
        self.booster = xgboost.Booster(params, [train] if score is None else [train, score])

    def step(self) -> None:
        self.booster.update(self._train, self._rounds)
        self._rounds += 1

    def loss(self) -> float | None:
        if self._score is None:
            return None
        said = self.booster.eval_set([(self._score, "score")], self._rounds)
        return float(said.rpartition(":")[2])

    def learn_faster(self, rate: float) -> None:
        self.booster.set_param({"learning_rate": rate})


def load_model(folder: Path) -> XGBoostModel:
    """Read back a model; raise `ArtifactError` where the trees are damaged or do not fit the labels."""
    head = load(folder / _HEAD, _Head)
    if not head.boosted:
        return XGBoostModel.of(head, b"")
    path = folder / _TREES
    try:
        with gzip.open(path) as file:
            data = file.read(_MOST_BYTES)
    except FileNotFoundError:
        raise ArtifactError(f"{path}: the file is missing from the model folder; save the model again") from None
    except (OSError, EOFError, zlib.error) as error:
        raise ArtifactError(f"{path}: the file cannot be read ({error}); use an intact copy") from error
    try:
        check_bytes(data, head.n_features, head.objective, head.n_groups)
        model = XGBoostModel.of(head, data)
        model._reader()
    except ValueError as error:  # xgboost's own error is a ValueError too
        raise ArtifactError(f"{path}: the file is damaged ({error}); use an intact copy of the model") from error
    return model


def _matrix(head: _Head, part: Part, threads: int) -> Any:
    """Return XGBoost's view of a part, with targets and weights."""
    import xgboost

    kinds = ["q"] * head.n_features
    for position in head.categorical:
        kinds[position] = "c"
    return xgboost.DMatrix(
        _cells(part.features.matrix, head.categorical),
        label=head.targets(part),
        weight=part.weights,
        feature_types=kinds,
        enable_categorical=True,
        nthread=threads,
    )


def _cells(matrix: NDArray[np.float32], categorical: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the matrix with code 0 (missing, unseen or rare) as NaN.

    Trees send gaps the way that training found better, whereas a category that training never saw has no way of its
    own.
    """
    if not len(categorical):
        return matrix
    cells = matrix.copy()
    codes = cells[:, categorical]
    cells[:, categorical] = np.where(codes > 0, codes, np.float32(np.nan))
    return cells
