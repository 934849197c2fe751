import numpy as np
import pytest

from automl.features.encoding import Features
from automl.features.selection import BoostingRanker, Ranking, select
from automl.features.target import Target
from automl.task import Task, TaskKind


def features(matrix, cardinalities=None):
    matrix = np.ascontiguousarray(matrix, dtype=np.float32)
    n = matrix.shape[1]
    cards = np.zeros(n, dtype=np.int64) if cardinalities is None else np.asarray(cardinalities)
    return Features(matrix, tuple(f"f{i}" for i in range(n)), cards)


@pytest.fixture(scope="module")
def signal():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(600, 12))
    x[rng.random(x.shape) < 0.05] = np.nan
    x[:, 11] = rng.integers(0, 5, 600)
    return x, np.nan_to_num(x[:, 3]) * 2 + np.nan_to_num(x[:, 7]) + 2 * (x[:, 11] == 2)


def test_what_matters_comes_first(signal, regression):
    x, score = signal
    ranking = BoostingRanker().rank(features(x, [0] * 11 + [6]), Target(score, regression), 0)
    assert set(ranking.order[:3]) == {3, 7, 11}
    assert ranking.beats_probe[[3, 7, 11]].all()
    assert sorted(ranking.order) == list(range(12))
    assert ranking.gain.sum() <= 1 + 1e-9


def test_it_ranks_labels_and_heeds_weights(signal):
    x, score = signal
    labels = np.digitize(score, np.quantile(score, [0.33, 0.66]))
    task = Task(TaskKind.MULTICLASS, "y", ("a", "b", "c"))
    ranking = BoostingRanker(repeats=1, rounds=20).rank(features(x), Target(labels, task, np.ones(600)), 0)
    assert ranking.order[0] == 3


def test_the_same_seed_gives_the_same_ranking(signal, binary):
    x, score = signal
    target = Target((score > 0).astype(np.int64), binary)
    first, again = (BoostingRanker(rounds=20).rank(features(x), target, 5) for _ in range(2))
    np.testing.assert_array_equal(first.gain, again.gain)


def test_noise_leaves_little(binary):
    rng = np.random.default_rng(0)
    target = Target(rng.integers(0, 2, 500), binary)
    ranking = BoostingRanker().rank(features(rng.normal(size=(500, 20))), target, 0)
    assert 1 <= len(select(ranking, 0.9).columns) <= 16


@pytest.mark.parametrize(("n_rows", "n_columns"), [(1, 1), (5, 2), (30, 1)])
def test_tiny_tables(binary, n_rows, n_columns):
    rng = np.random.default_rng(0)
    target = Target(np.arange(n_rows) % 2, binary)
    ranking = BoostingRanker(rounds=5).rank(features(rng.normal(size=(n_rows, n_columns))), target, 0)
    assert len(select(ranking, 0.5).columns) == 1


def test_select_takes_the_share_of_all_but_only_worthy_ones():
    ranking = Ranking(np.array([2, 0, 3, 1]), np.array([0.3, 0.0, 0.6, 0.1]), np.array([True, False, True, True]))
    np.testing.assert_array_equal(select(ranking, 0.5).columns, [0, 2])
    np.testing.assert_array_equal(select(ranking, 0.99).columns, [0, 2, 3])
    np.testing.assert_array_equal(select(ranking, 0.01).columns, [2])
    none = Ranking(ranking.order, ranking.gain, np.zeros(4, dtype=bool))
    np.testing.assert_array_equal(select(none, 0.9).columns, [2])


def test_apply_keeps_names_and_cardinalities_together():
    chosen = select(Ranking(np.array([1, 0]), np.array([0.0, 1.0]), np.array([False, True])), 0.5)
    kept = chosen.apply(features([[1, 2], [3, 4]], [0, 9]))
    assert kept.names == ("f1",)
    np.testing.assert_array_equal(kept.matrix, [[2], [4]])
    np.testing.assert_array_equal(kept.cardinalities, [9])
    assert kept.matrix.flags.c_contiguous
