import numpy as np
import pytest

from automl.features.backward import BackwardSelector
from automl.features.encoding import Features
from automl.features.information import InformationSelector
from automl.features.selection import Ranking, select
from automl.features.selectors import SELECTORS
from automl.features.target import Target
from automl.task import Task, TaskKind


def features(matrix, cardinalities=None):
    matrix = np.ascontiguousarray(matrix, dtype=np.float32)
    matrix.flags.writeable = False
    n = matrix.shape[1]
    cards = np.zeros(n, dtype=np.int64) if cardinalities is None else np.asarray(cardinalities)
    return Features(matrix, tuple(f"f{i}" for i in range(n)), cards)


@pytest.fixture(scope="module")
def noisy():
    """Thirty columns, of which the first, the second and the third (codes) tell the target."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(800, 30))
    x[:, 2] = rng.integers(0, 4, 800)
    x[rng.random(x.shape) < 0.03] = np.nan
    x[:, 2] = np.nan_to_num(x[:, 2])
    signal = np.nan_to_num(x[:, 0]) - np.nan_to_num(x[:, 1]) + 1.5 * (x[:, 2] == 3) + 0.3 * rng.normal(size=800)
    return features(x, [0, 0, 4] + [0] * 27), signal


@pytest.mark.parametrize("name", list(SELECTORS))
@pytest.mark.parametrize("kind", list(TaskKind))
def test_signal_is_told_from_noise(noisy, name, kind):
    matrix, signal = noisy
    labels = {TaskKind.BINARY: ("a", "b"), TaskKind.MULTICLASS: ("a", "b", "c")}.get(kind, ())
    y = signal
    if labels:
        y = np.searchsorted(np.quantile(signal, np.linspace(0, 1, len(labels) + 1)[1:-1]), signal).astype(np.int64)
    ranking = SELECTORS[name].rank(matrix, Target(y, Task(kind, "y", labels)), 0)
    assert set(ranking.order[:3]) == {0, 1, 2}
    kept = select(ranking, 0.9, matrix.names)
    assert {0, 1, 2} <= set(kept.columns)
    if name != "gain":  # whose bar is meant for shares of columns that all tell something
        assert len(kept.columns) <= 10
    assert [bool(reason) for reason in kept.reasons] == [i not in kept.columns for i in range(30)]


def test_copies_are_dropped_and_say_of_what(regression):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(500, 3))
    x = np.column_stack([x, np.exp(x[:, 0])])
    ranking = InformationSelector().rank(features(x), Target(x[:, 0] + x[:, 1], regression), 0)
    assert ranking.beats_probe[[0, 3]].sum() == 1
    assert ranking.beats_probe[1]
    dropped = 0 if ranking.beats_probe[3] else 3
    assert ranking.reasons[dropped] == f"says what 'f{3 - dropped}' says"


def test_backward_elimination_asks_the_configuration_it_is_for(regression):
    """A model that reads one column only makes that column the only one worth keeping."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(400, 5))
    fits = []

    def fit(train, target, seed):
        fits.append(train.names)
        at = train.names.index("f1")
        return lambda new: new.matrix[:, [at]].astype(np.float64)

    ranking = BackwardSelector(fit).rank(features(x), Target(x[:, 1] + x[:, 0], regression), 0)
    assert np.flatnonzero(ranking.beats_probe).tolist() == [1]
    assert len(fits) > 1


@pytest.mark.parametrize("name", list(SELECTORS))
@pytest.mark.parametrize(("n_rows", "n_columns"), [(1, 1), (4, 3), (30, 1)])
def test_tiny_tables(binary, name, n_rows, n_columns):
    x = np.random.default_rng(0).normal(size=(n_rows, n_columns))
    ranking = SELECTORS[name].rank(features(x), Target(np.arange(n_rows) % 2, binary), 0)
    assert len(select(ranking, 0.5).columns) >= 1


def test_a_ranking_must_say_everything():
    with pytest.raises(ValueError, match="every position once"):
        Ranking(np.array([0, 0]), np.zeros(2), np.zeros(2, dtype=bool))
    with pytest.raises(ValueError, match="everything about every feature"):
        Ranking(np.array([0, 1]), np.zeros(2), np.zeros(3, dtype=bool))
