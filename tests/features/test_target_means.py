import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from automl.features.blocks import beside
from automl.features.categories import fit_categories
from automl.features.encoding import Encoding
from automl.features.target import Target
from automl.task import Task, TaskKind

WISH = Encoding(categorical="target")


def column(make_table, codes, levels=None):
    return make_table(categorical={"c": codes}, levels=None if levels is None else (levels,))


def fit(wish, table, target, seed):
    encoder, made = fit_categories(wish, table, target, seed)
    return encoder, beside(made, table.n_rows)


def encoded(encoder, table):
    return beside(encoder.columns(table), table.n_rows)


@pytest.mark.parametrize("n_levels", [20, 300, 2000])
def test_noise_tells_training_rows_nothing(make_table, binary, n_levels):
    out_of_fold, in_sample = [], []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        y = rng.integers(0, 2, 4000)
        table = column(make_table, rng.integers(0, n_levels, 4000), n_levels)
        encoder, train = fit(WISH, table, Target(y, binary), seed)
        out_of_fold.append(roc_auc_score(y, train[:, 0]))
        in_sample.append(roc_auc_score(y, encoded(encoder, table)[:, 0]))
    assert abs(np.mean(out_of_fold) - 0.5) < 0.02
    assert np.mean(in_sample) > 0.53


def test_a_level_of_its_own_for_each_row_says_nothing(make_table, regression):
    y = np.random.default_rng(0).normal(size=500)
    _, train = fit(WISH, column(make_table, np.arange(500)), Target(y, regression), 0)
    np.testing.assert_array_equal(train, 0)


def test_a_true_effect_is_found_and_small_levels_are_shrunk(make_table, regression):
    rng = np.random.default_rng(0)
    codes = np.concatenate([np.repeat(np.arange(10), 100), [10]])
    y = codes % 2 * 4.0 + rng.normal(size=len(codes))
    y[-1] = 50
    encoder, train = fit(WISH, column(make_table, codes, 12), Target(y, regression), 0)
    assert np.corrcoef(train[:-1, 0], codes[:-1] % 2)[0, 1] > 0.98
    later = encoded(encoder, column(make_table, [10, 11, -2, 1], 12))[:, 0]
    assert 0 < later[0] < (50 - y.mean()) / y.std()
    np.testing.assert_array_equal(later[1:3], 0)
    assert later[3] == pytest.approx((4 - y.mean()) / y.std(), abs=0.2)


def test_missing_is_a_level_and_rare_levels_share_a_mean_with_unseen_ones(make_table, regression):
    codes = np.array([-1] * 40 + [0] * 40 + [1, 2, 3, 4])
    y = np.concatenate([np.full(40, 5.0), np.zeros(40), np.full(4, -5.0)]) + np.tile([0.1, -0.1], 42)
    wish = Encoding(categorical="target", min_count=2)
    encoder, _ = fit(wish, column(make_table, codes, 9), Target(y, regression), 0)
    missing, known, rare, unseen = encoded(encoder, column(make_table, [-1, 0, 3, 8], 9))[:, 0]
    assert missing > known > rare
    assert rare == unseen


def test_weights_move_the_means(make_table, binary):
    codes, y = np.repeat([0, 1], 50), np.tile([0, 1], 50)
    weights = np.where((codes == 1) & (y == 1), 9.0, 1.0)
    encoder, _ = fit(WISH, column(make_table, codes), Target(y, binary, weights), 0)
    low, high = encoded(encoder, column(make_table, [0, 1], 2))[:, 0]
    assert high > low


def test_a_label_a_column_but_not_for_many_labels(make_table):
    rng = np.random.default_rng(0)
    table = column(make_table, rng.integers(0, 5, 400))
    for n_labels, n_columns in ((3, 3), (10, 10), (26, 10)):
        task = Task(TaskKind.MULTICLASS, "y", tuple(f"l{i}" for i in range(n_labels)))
        encoder, train = fit(WISH, table, Target(rng.integers(0, n_labels, 400), task), 0)
        assert train.shape == (400, n_columns)
        assert len(set(encoder.names)) == n_columns


def test_a_constant_target_gives_no_columns(make_table, binary):
    _, train = fit(WISH, column(make_table, [0, 1, 2]), Target(np.zeros(3, dtype=np.int64), binary), 0)
    assert train.shape == (3, 0)


def test_the_seed_fixes_the_inner_folds(make_table, binary):
    rng = np.random.default_rng(0)
    table, y = column(make_table, rng.integers(0, 9, 100)), rng.integers(0, 2, 100)
    first, again, other = (fit(WISH, table, Target(y, binary), seed)[1] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
