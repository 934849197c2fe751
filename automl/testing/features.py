"""Conformity checks for authors of selectors and encoders.

    check_selector(MySelector())
    check_encoder(MyEncoder())

The first rule that is broken raises `AssertionError` with what was expected.
"""

from __future__ import annotations

import pickle
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from automl import storage
from automl.data.table import Table
from automl.errors import AutoMLError
from automl.features.derived import Derivation, FeatureEncoder
from automl.features.encoding import Encoding, Features
from automl.features.selection import Selector, select
from automl.features.target import Target
from automl.task import TaskKind
from automl.testing.sample import Sample, sample

_SEED = 7


def check_selector(selector: Selector) -> None:
    """Check a selector for each kind of task.

    It ranks every feature once, the informative ones of the sample ahead of noise on average; the same seed gives the
    same ranking; the arrays it is given stay as they are; it copes with one feature; and it travels between processes.
    """
    again = pickle.loads(pickle.dumps(selector))
    assert again.name == selector.name, f"{selector.name}: its name changed as it was pickled"
    for kind in TaskKind:
        one = sample(kind)
        features, target = _with_noise(one)
        ranking = selector.rank(features, target, _SEED)
        n = len(features.names)
        assert sorted(ranking.order) == list(range(n)), f"{selector.name}: the order must hold every feature once"
        assert np.isfinite(ranking.gain).all(), f"{selector.name}: gains must be finite"
        place = np.empty(n)
        place[ranking.order] = np.arange(n)
        noise = np.array([name.startswith("noise") for name in features.names])
        assert place[0] < place[noise].mean(), f"{selector.name}: ranks the strongest feature behind noise"
        repeated = again.rank(features, target, _SEED)
        assert np.array_equal(ranking.order, repeated.order), f"{selector.name}: the same seed gave another order"
        assert 1 <= len(select(ranking, 0.5).columns) <= n
        alone = Features(features.matrix[:, :1].copy(), features.names[:1], features.cardinalities[:1])
        assert len(selector.rank(alone, target, _SEED).order) == 1


def check_encoder(encoder: FeatureEncoder) -> None:
    """Check an encoder for each kind of task.

    It adds the columns that it says and leaves the table's as they are; the fitted part is saved and read back without
    pickle and then makes the same of rows alone as of many; a row's own target does not change its features.
    """
    again = pickle.loads(pickle.dumps(encoder))
    assert again.name == encoder.name, f"{encoder.name}: its name changed as it was pickled"
    for kind in TaskKind:
        one = sample(kind)
        train, score = one.table.take(one.train_rows), one.table.take(one.score_rows)
        target = Target(one.y[one.train_rows], one.task)
        fitted = encoder.fit(train, target, _SEED)
        if fitted is None:
            continue
        derivation, wide = fitted
        _assert_wide(encoder, derivation, train, wide)
        restored = _restored(encoder, derivation)
        together = restored.extend(score)
        _assert_wide(encoder, derivation, score, together)
        _assert_same(encoder, derivation.extend(score), together, "saving and reading")
        for row in (0, score.n_rows - 1):
            at = np.array([row])
            _assert_same(encoder, together.take(at), restored.extend(score.take(at)), "a row alone")
        assert restored.extend(score.take(np.arange(0))).n_rows == 0
        _assert_no_leak(encoder, train, target)


def _with_noise(one: Sample) -> tuple[Features, Target]:
    """Features of the sample with eight columns of noise, in arrays that raise when written to."""
    train, _ = one.parts(Encoding())
    rng = np.random.default_rng(_SEED)
    noise = rng.normal(size=(len(train.y), 8)).astype(np.float32)
    matrix = np.concatenate([train.features.matrix, noise], axis=1)
    matrix.flags.writeable = False
    names = train.features.names + tuple(f"noise {i}" for i in range(8))
    cardinalities = np.concatenate([train.features.cardinalities, np.zeros(8, dtype=np.int64)])
    return Features(matrix, names, cardinalities), Target(train.y, one.task)


def _assert_wide(encoder: FeatureEncoder, derivation: Derivation, table: Table, wide: Table) -> None:
    name = encoder.name
    numbers = [made for made in derivation.made if not made.levels]
    categories = [made for made in derivation.made if made.levels]
    n_numbers, n_categories = table.numeric.shape[1], table.categorical.shape[1]
    assert wide.n_rows == table.n_rows, f"{name}: the rows must stay"
    assert wide.numeric.shape == (table.n_rows, n_numbers + len(numbers)), f"{name}: adds other numbers than it says"
    expected = (table.n_rows, n_categories + len(categories))
    assert wide.categorical.shape == expected, f"{name}: adds other categories than it says"
    assert np.array_equal(wide.numeric[:, :n_numbers], table.numeric, equal_nan=True), f"{name}: changed the numbers"
    assert not np.isinf(wide.numeric[:, n_numbers:]).any(), f"{name}: what is not finite must be NaN"
    levels = np.array([made.levels for made in categories])
    assert (wide.categorical[:, n_categories:] < levels).all(), f"{name}: codes must be below the number of levels"


def _restored(encoder: FeatureEncoder, derivation: Derivation) -> Derivation:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "derivation.npz"
        try:
            storage.save(derivation, path)
            return storage.load(path, Derivation)  # type: ignore[type-abstract]
        except (TypeError, AutoMLError) as error:
            raise AssertionError(
                f"{encoder.name}: what it fits cannot be saved: make it a frozen dataclass with @storable ({error})"
            ) from error


def _assert_same(encoder: FeatureEncoder, first: Table, second: Table, what: str) -> None:
    message = f"{encoder.name}: {what} changed the features"
    np.testing.assert_allclose(second.numeric, first.numeric, rtol=1e-9, err_msg=message)
    np.testing.assert_array_equal(second.categorical, first.categorical, err_msg=message)


def _assert_no_leak(encoder: FeatureEncoder, train: Table, target: Target) -> None:
    """Change one row's target: that row's own features must stay (other rows' may not)."""
    row = 3
    y: NDArray[np.int64] | NDArray[np.float64] = target.y.copy()
    y[row] = (y[row] + 1) % target.task.n_outputs if target.task.is_classification else y[row] + 1000.0
    tables = []
    for changed in (target, Target(y, target.task)):
        fitted = encoder.fit(train, changed, _SEED)
        tables.append(None if fitted is None else fitted[1].take(np.array([row])))
    if tables[0] is None or tables[1] is None or tables[0].numeric.shape != tables[1].numeric.shape:
        return  # a choice of columns by the target, which is learned from all rows
    before, after = tables[0].numeric, tables[1].numeric
    # The overall mean and spread of the target are learned from all rows and may move a little.
    close = np.isclose(before, after, rtol=0.05, atol=0.05) | (np.isnan(before) & np.isnan(after))
    assert close.all(), f"{encoder.name}: a training row's own target shows in its features: cross-fit them"
