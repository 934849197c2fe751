import numpy as np

from automl.features.gain import Trees
from automl.features.shuffling import SmallTrees, loss_growth, losses
from automl.features.target import Target


def test_losses_are_log_losses_and_squared_errors(binary, regression):
    probabilities = np.array([[0.9, 0.1], [0.25, 0.75]])
    np.testing.assert_allclose(losses(Target(np.array([0, 0]), binary), probabilities), -np.log([0.9, 0.25]))
    values = Target(np.array([1.0, 3.0]), regression)
    np.testing.assert_allclose(losses(values, np.array([[2.0], [0.0]])), [1.0, 9.0])
    weighted = Target(np.array([1.0, 3.0]), regression, np.array([3.0, 1.0]))
    np.testing.assert_allclose(losses(weighted, np.array([[2.0], [0.0]])), [1.5, 4.5])


def test_shuffling_hurts_by_what_a_column_is_worth(regression):
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(400, 3)).astype(np.float32)
    target = Target(2.0 * matrix[:, 0].astype(np.float64) + matrix[:, 1], regression)

    def predict(new):
        return (2.0 * new[:, 0] + new[:, 1])[:, None]

    before, growth = loss_growth(predict, matrix, target, np.array([1, 0, 2]), rng, repeats=2)
    np.testing.assert_allclose(before, 0.0, atol=1e-9)
    assert growth.shape == (400, 3)
    np.testing.assert_allclose(growth.mean(axis=0), [2.0, 8.0, 0.0], atol=1.5)  # twice the variance of the term
    np.testing.assert_array_equal(growth[:, 2], 0.0)


def test_small_trees_say_what_they_use_and_predict_every_output(binary):
    rng = np.random.default_rng(1)
    matrix = rng.normal(size=(300, 4)).astype(np.float32)
    matrix[:, 3] = 1.0
    target = Target((matrix[:, 0] > 0).astype(np.int64), binary)
    trees = SmallTrees(matrix, np.zeros(4, dtype=np.int64), target, 0, Trees(rounds=20))
    assert 0 in trees.used
    assert 3 not in trees.used
    predicted = trees(matrix)
    assert predicted.shape == (300, 2)
    np.testing.assert_allclose(predicted.sum(axis=1), 1.0)
    assert ((predicted[:, 1] > 0.5) == (target.y == 1)).mean() > 0.95
