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
    BoostedModel,
    Limits,
    Pace,
    Part,
    StoppedPredictions,
    boost,
    check_positions,
    checkpoints,
    linked,
    load,
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


class XGBoostModel(BoostedModel[_Head, bytes]):
    """A booster of XGBoost, as its binary JSON."""

    def look(self, train: Part) -> _Head:
        """Look at labels and columns."""
        categorical = np.asarray(train.features.categorical, dtype=np.int64)
        return replace(_Head.of(train, self.task), categorical=categorical)

    def boost(self, head: _Head, train: Part, score: Part | None, limits: Limits) -> bytes:
        """Boost; return the best rounds."""
        known = head.known(score)
        scored = None if known is None else _matrix(head, known, limits.threads)
        machine = _Rounds(self._xgboost_params(head, limits.threads), _matrix(head, train, limits.threads), scored)
        most = min(MAX_ROUNDS, MAX_TREES // head.n_groups)
        pace = Pace(real(self.params, "learning_rate"), patience_for(len(train.y)), most, _LOOKS, _WRITING)
        best = boost(machine, pace, limits)
        if score is not None and scored is not None:
            self.stopped = self._without_own(head, machine.booster, score)
        return bytes(machine.booster[:best].save_raw(raw_format="ubj"))

    def _without_own(self, head: _Head, booster: Any, score: Part) -> NDArray[np.float64] | None:
        """Predict the score part by the rounds that are best for other rows of it."""
        stopped = StoppedPredictions(score, self.task, self.seed)
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

    def read(self, kept: bytes) -> Any:
        """Let XGBoost parse its file."""
        import xgboost

        return xgboost.Booster(model_file=bytearray(kept))

    def outputs(self, trees: Any, head: _Head, matrix: NDArray[np.float32], threads: int) -> NDArray[np.float64]:
        """Return probabilities or values."""
        trees.set_param({"nthread": threads})
        return head.predictions(trees.inplace_predict(_cells(matrix, head.categorical), validate_features=False))

    def save(self, folder: Path) -> None:
        """Write XGBoost's binary JSON and the labels."""
        save(self.head, folder / _HEAD)
        if self.kept is not None:
            (folder / _TREES).write_bytes(gzip.compress(self.kept, compresslevel=1, mtime=0))

    def _xgboost_params(self, head: _Head, threads: int) -> dict[str, Any]:
        metric = {"reg:squarederror": "rmse", "binary:logistic": "logloss", "multi:softprob": "mlogloss"}
        return {
            **{name: value for name, value in self.params.items() if name not in _ENCODING},
            **({"num_class": len(head.classes)} if head.n_groups > 1 else {}),
            "objective": head.objective,
            "eval_metric": metric[head.objective],
            "tree_method": "hist",
            "nthread": threads,
            "seed": self.seed % (2**31),
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
        return XGBoostModel.of(head, None)
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
        model.parsed()
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
