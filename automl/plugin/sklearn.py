"""Any scikit-learn estimator as a family: state the name, the parameters and the estimator; the rest is here."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from automl.errors import ArtifactError, PluginError, TrialFailed
from automl.features.encoding import Encoding, Features
from automl.plugin.family import ModelFamily
from automl.plugin.model import Limits, Model, Params, Part
from automl.storage import load, save, storable
from automl.task import Task

_ESTIMATOR = "estimator.skops"
_HEAD = "head.npz"


class SklearnFamily(ModelFamily):
    """A family of scikit-learn estimators: implement `portfolio`, `suggest` and `estimator`.

    The estimator learns from a (n_rows, n_features) float32 matrix encoded as `wish` asks; a classifier must have
    `predict_proba`, and sees labels 0…n-1 of the classes in its training rows.
    """

    refit: ClassVar[bool] = True
    wish: ClassVar[Encoding] = Encoding(numeric="standard", missing="impute", categorical="onehot")
    """How the columns should be encoded."""
    trusted: ClassVar[tuple[str, ...]] = ()
    """Full names ("package.module.Class") of classes beyond those that skops trusts that a saved file may hold."""

    @abstractmethod
    def estimator(self, params: Params, task: Task, seed: int, threads: int) -> Any:
        """Return an unfitted scikit-learn estimator."""

    def encoding(self, params: Params, task: Task) -> Encoding:
        """How these parameters want the columns: the class's `wish`."""
        return self.wish

    def build(self, params: Params, task: Task, seed: int) -> Model:
        """Return an unfitted model around the estimator."""
        return SklearnModel(self, params, task, seed)

    def load(self, folder: Path) -> Model:
        """Read back a saved model; refuse a file with classes that are neither skops' nor in `trusted`."""
        head = load(folder / _HEAD, _Head)
        fitted = _read(folder / _ESTIMATOR, self.trusted) if len(head.classes) != 1 else None
        return SklearnModel.fitted(self, head, fitted)


@storable("sklearn.head")
@dataclass(frozen=True)
class _Head:
    """The classes (n_seen,) int64 in the training rows (empty for regression), and the columns of a prediction."""

    classes: NDArray[np.int64]
    n_outputs: int

    def __post_init__(self) -> None:
        if len(self.classes) and not (self.classes.min() >= 0 and self.classes.max() < self.n_outputs):
            raise ValueError("classes beyond the outputs")


class SklearnModel(Model):
    """A scikit-learn estimator behind the contract of a model."""

    def __init__(self, family: SklearnFamily, params: Params, task: Task, seed: int) -> None:
        self._family = family
        self._make = (params, task, seed)
        self._head: _Head | None = None
        self._estimator: Any = None

    @classmethod
    def fitted(cls, family: SklearnFamily, head: _Head, estimator: Any) -> SklearnModel:
        """Return a model that predicts with an estimator read from disk."""
        model = cls.__new__(cls)
        model._family, model._head, model._estimator = family, head, estimator
        return model

    def fit(self, train: Part, score: Part | None, limits: Limits) -> None:
        """Fit the estimator on the training rows; the score part is not used."""
        from sklearn.exceptions import ConvergenceWarning

        if limits.seconds_left <= 0:
            raise TrialFailed(f"no time left to fit {self._family.name}")
        params, task, seed = self._make
        y: NDArray[Any] = train.y
        classes = np.empty(0, dtype=np.int64)
        if task.is_classification:
            classes, y = np.unique(train.y.astype(np.int64), return_inverse=True)
        self._head = _Head(classes, task.n_outputs)
        if len(classes) == 1:
            return
        estimator = self._family.estimator(params, task, seed, limits.threads)
        if task.is_classification and not hasattr(estimator, "predict_proba"):
            raise PluginError(
                f"the estimator {type(estimator).__name__} of family '{self._family.name}' has no predict_proba: "
                "wrap it in sklearn.calibration.CalibratedClassifierCV"
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            try:
                estimator.fit(_matrix(train.features), y, **_weights(estimator, train.weights))
            except ValueError as error:  # how scikit-learn refuses rows, too few of a label, for instance
                raise TrialFailed(f"{self._family.name} refuses these {len(y)} rows: {error}") from error
        self._estimator = estimator

    def predict(self, features: Features) -> NDArray[np.float64]:
        """Return (n_rows, n_labels) probabilities, zero for classes never seen, or (n_rows, 1) values."""
        if self._head is None:
            raise TrialFailed(f"{self._family.name} was asked to predict before it was fitted")
        classes, n_outputs = self._head.classes, self._head.n_outputs
        if not features.n_rows:  # which scikit-learn refuses
            return np.zeros((0, n_outputs))
        if not len(classes):
            values = np.asarray(self._estimator.predict(_matrix(features)), dtype=np.float64)
            return self._finite(values.reshape(features.n_rows, 1))
        out = np.zeros((features.n_rows, n_outputs))
        if len(classes) == 1:
            out[:, classes] = 1.0
            return out
        out[:, classes] = self._estimator.predict_proba(_matrix(features))
        return self._finite(out / np.maximum(out.sum(axis=1, keepdims=True), 1e-300))

    def save(self, folder: Path) -> None:
        """Write the estimator with skops; raise `PluginError` now where loading would refuse it later."""
        import skops.io

        save(self._head, folder / _HEAD)
        if self._estimator is None:
            return
        skops.io.dump(self._estimator, folder / _ESTIMATOR)
        if strange := _strange(folder / _ESTIMATOR, self._family.trusted):
            names = ", ".join(repr(name) for name in strange)
            raise PluginError(
                f"the estimator of family '{self._family.name}' holds classes that would not be loaded again: "
                f"add {names} to its `trusted`, if they are safe"
            )

    def _finite(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        if not np.isfinite(values).all():
            raise TrialFailed(f"{self._family.name} predicted values that are not finite")
        return values


def _matrix(features: Features) -> NDArray[np.float32]:
    """Return the matrix; estimators refuse one without columns, so it gets a constant one."""
    return features.matrix if features.matrix.shape[1] else np.zeros((features.n_rows, 1), dtype=np.float32)


def _weights(estimator: Any, weights: NDArray[np.float64] | None) -> dict[str, NDArray[np.float64]]:
    """Return the keyword that passes weights to `fit`: a pipeline hands them to its last step."""
    from sklearn.utils.validation import has_fit_parameter

    if weights is None:
        return {}
    if steps := getattr(estimator, "steps", None):
        name, last = steps[-1]
        return {f"{name}__sample_weight": weights} if has_fit_parameter(last, "sample_weight") else {}
    return {"sample_weight": weights} if has_fit_parameter(estimator, "sample_weight") else {}


def _strange(path: Path, trusted: Collection[str]) -> list[str]:
    import skops.io

    return sorted(set(skops.io.get_untrusted_types(file=path)) - set(trusted))


def _read(path: Path, trusted: Collection[str]) -> Any:
    import skops.io

    if not path.is_file():
        raise ArtifactError(f"{path}: the file is missing from the model folder; save the model again")
    try:
        strange = _strange(path, trusted)
        estimator = None if strange else skops.io.load(path, trusted=list(trusted))
    except Exception as error:  # a damaged or planted file may fail in any way while it is parsed
        raise ArtifactError(f"{path}: the file is damaged ({error}); use an intact copy of the model") from error
    if strange:
        raise ArtifactError(f"{path}: refused, it holds classes that are not trusted: {', '.join(strange)}")
    if not hasattr(estimator, "predict"):
        raise ArtifactError(f"{path}: holds {type(estimator).__name__}, which is not an estimator")
    return estimator
