"""One LightGBM model: from a part to a booster, to LightGBM's text on disk, and back."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
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
    Params,
    Part,
    StoppedPredictions,
    Task,
    boost,
    boost_again,
    checkpoints,
    linked,
    load,
    patience_for,
    real,
    save,
    storable,
)
from automl_classical.boosting_text import check_text, lean, rates

MAX_TREES = 25_000
"""A round grows a tree a label, so many labels get fewer rounds."""
_HEAD = "head.npz"
_TEXT = "lightgbm.txt.gz"
_MOST_TEXT = 2**30  # characters; a longer text is a damaged or hostile file
_WRITING = 0.12  # of the time that rounds took, to write their trees
_PREDICTING = 0.6  # of the time that learning from a row took, to predict one
_ENCODING = frozenset({"keep", FEATURES})  # the parameters that are not LightGBM's


@storable("classical.boosting")
@dataclass(frozen=True)
class _Head(BoostedHead):
    """What LightGBM's text does not say."""


class BoostingModel(BoostedModel[_Head, str]):
    """A booster of LightGBM, as its text."""

    def __init__(self, params: Params, task: Task, seed: int, extra_trees: bool, rates: Sequence[float] = ()) -> None:
        super().__init__(params, task, seed)
        self._extra_trees = extra_trees
        self._rates = rates  # of the rounds to boost, where these are known

    def look(self, train: Part) -> _Head:
        """Look at labels and columns."""
        return _Head.of(train, self.task)

    def boost(self, head: _Head, train: Part, score: Part | None, limits: Limits) -> str:
        """Boost; return what prediction needs of LightGBM's text."""
        import lightgbm

        params = self._lightgbm_params(head, limits.threads)
        data = _dataset(head, train, params)
        booster = lightgbm.Booster(params, data)
        scored = head.known(score)
        if scored is not None:
            booster.add_valid(_dataset(head, scored, params, data), "score")
        most = min(MAX_ROUNDS, MAX_TREES // booster.num_model_per_iteration())
        # After the last round comes the score part, predicted once more by every tree, as a row is learned and scored.
        writing = _WRITING + (0.0 if scored is None else _PREDICTING * len(scored.y) / len(train.y))
        pace = Pace(real(self.params, "learning_rate"), patience_for(len(train.y)), most, writing=writing)
        rounds = _Rounds(booster, scored is not None)
        best = boost_again(rounds, self._rates, limits) if len(self._rates) else boost(rounds, pace, limits)
        if score is not None and scored is not None:
            self.stopped = self._without_own(head, booster, score)
        return lean(booster.model_to_string(num_iteration=best))

    def _without_own(self, head: _Head, booster: Any, score: Part) -> NDArray[np.float64] | None:
        """Predict the score part by the rounds that are best for other rows of it."""
        stopped = StoppedPredictions(score, self.task, self.seed)
        done, raw = 0, np.float64(0)
        for rounds in checkpoints(booster.current_iteration()):
            raw = raw + booster.predict(
                score.features.matrix, start_iteration=done, num_iteration=rounds - done, raw_score=True,
                num_threads=self.threads, validate_features=False,
            )  # fmt: skip
            done = rounds
            stopped.show(head.predictions(linked(raw, len(head.classes))))
        return stopped.predictions

    def read(self, kept: str) -> Any:
        """Let LightGBM parse its text."""
        import lightgbm

        return lightgbm.Booster(model_str=kept)

    def outputs(self, trees: Any, head: _Head, matrix: NDArray[np.float32], threads: int) -> NDArray[np.float64]:
        """Return probabilities or values."""
        return head.predictions(trees.predict(matrix, num_threads=threads, validate_features=False))

    def again(self, params: Params, task: Task, seed: int, extra_trees: bool) -> BoostingModel | None:
        """Return an unfitted model of as many rounds, at the same rates; None where the text does not tell them."""
        known = rates(self.kept or "", 1 if self.head is None else self.head.n_groups)
        if not known:
            return None
        return BoostingModel({**params, "learning_rate": known[0]}, task, seed, extra_trees, known)

    def save(self, folder: Path) -> None:
        """Write LightGBM's text and the labels."""
        save(self.head, folder / _HEAD)
        if self.kept is not None:
            (folder / _TEXT).write_bytes(gzip.compress(self.kept.encode(), compresslevel=1, mtime=0))

    def _lightgbm_params(self, head: _Head, threads: int) -> dict[str, Any]:
        objective = {0: "regression", 2: "binary"}.get(len(head.classes), "multiclass")
        return {
            **{name: value for name, value in self.params.items() if name not in _ENCODING},
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
            "seed": self.seed % (2**31),
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
        return BoostingModel.of(head, None)
    try:
        with gzip.open(path) as file:
            text = file.read(_MOST_TEXT).decode()
    except FileNotFoundError:
        raise ArtifactError(f"{path}: the file is missing from the model folder; save the model again") from None
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise ArtifactError(f"{path}: the file cannot be read ({error}); use an intact copy") from error
    try:
        check_text(text, head.n_features, head.n_groups)
        model = BoostingModel.of(head, text)
        model.parsed()
    except (ValueError, lightgbm.basic.LightGBMError) as error:
        raise ArtifactError(f"{path}: the file is damaged ({error}); use an intact copy of the model") from error
    return model


def _dataset(head: _Head, part: Part, params: dict[str, Any], reference: Any = None) -> Any:
    """Return LightGBM's view of a part; `reference` are the training rows where it is another part."""
    import lightgbm

    return lightgbm.Dataset(
        part.features.matrix,
        label=head.targets(part),
        weight=part.weights,
        categorical_feature=part.features.categorical,
        reference=reference,
        params=params,
    )
