from dataclasses import replace

import numpy as np
import pytest

from automl.data.folds import Fold
from automl.data.schema import Role
from automl.features.cache import EncoderCache
from automl.features.encoding import Encoding
from automl.features.screening import judge_columns, screen
from automl.features.selection import Ranking, Selector
from automl.features.target import Target
from automl.features.toolbox import OFF, Toolbox

FOLD = Fold(0, np.arange(0, 120), np.arange(120, 160))


@pytest.fixture(scope="module")
def drowned(make_table):
    """Four columns that tell the target, among 200 that do not."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(700, 202))
    c = rng.integers(0, 3, (700, 2))
    y = (x[:, 0] * x[:, 1] + (c[:, 0] == 1) + 0.2 * rng.normal(size=700) > 0.4).astype(np.int64)
    table = make_table(
        numeric={f"x{i}": x[:, i] for i in range(202)}, categorical={"c0": c[:, 0], "c1": c[:, 1]}, levels=(3, 3)
    )
    return table, y


def test_most_noise_is_left_out_and_what_tells_stays(drowned, binary):
    table, y = drowned
    judged = judge_columns(table, Target(y, binary), 0)
    assert judged.proven[[0, 1, 202]].all()
    assert not judged.proven[~judged.passing].any()
    assert judged.proven.sum() <= 8
    assert judged.proven.sum() <= judged.passing.sum()


def test_a_column_beyond_doubt_needs_no_proof(make_table, regression):
    """Copies of a column stand in for each other, so that trees do no worse without any one of them."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=400)
    numeric = {f"copy{i}": x + 0.01 * rng.normal(size=400) for i in range(30)}
    numeric |= {f"noise{i}": rng.normal(size=400) for i in range(60)}
    judged = judge_columns(make_table(numeric=numeric), Target(x + 0.5 * rng.normal(size=400), regression), 0)
    assert judged.proven[:30].all()
    assert judged.proven[30:].sum() <= 2


def test_where_nothing_tells_next_to_nothing_stays(make_table, binary):
    rng = np.random.default_rng(4)
    table = make_table(numeric={f"noise{i}": rng.normal(size=500) for i in range(200)})
    assert judge_columns(table, Target(rng.integers(0, 2, 500), binary), 0).proven.sum() <= 6


@pytest.mark.parametrize("seed", range(4))
def test_it_may_be_that_not_one_column_passes(make_table, regression, seed):
    rng = np.random.default_rng(seed)
    table = make_table(numeric={f"noise{i}": rng.normal(size=300) for i in range(20)})
    judged = judge_columns(table, Target(rng.normal(size=300), regression), 0)
    assert judged.proven.sum() <= judged.passing.sum() <= 3


def test_a_screened_table_has_the_columns_that_stay(mixed):
    table, _ = mixed()
    left = screen(table, np.array([True, False, False, True, False, False, True, False, False])).extend(table)
    assert left.names[Role.NUMERIC] == ("a", "flag")
    assert left.names[Role.CATEGORICAL] == ("street",)
    assert left.levels == (50,)
    np.testing.assert_array_equal(left.numeric[:, 1], table.numeric[:, 3])
    np.testing.assert_array_equal(left.categorical[:, 0], table.categorical[:, 1])


def test_a_run_screens_every_encoding_on_training_rows(mixed_dataset):
    plain, screening = EncoderCache(), EncoderCache(toolbox=Toolbox(screen=True))
    before, after = (cache.encode_fold(mixed_dataset, FOLD, Encoding()) for cache in (plain, screening))
    assert set(after.encoder.names) < set(before.encoder.names)
    assert {"a", "city"} <= set(after.encoder.names)
    assert after.score.matrix.shape == (40, len(after.encoder.names))
    assert after.encoder.uses_target
    assert Toolbox(screen=True).uses_target
    other = replace(mixed_dataset, y=np.where(np.arange(160) < 120, mixed_dataset.y, 1 - mixed_dataset.y))
    again = EncoderCache(toolbox=Toolbox(screen=True)).encode_fold(other, FOLD, Encoding())
    assert again.encoder.names == after.encoder.names


class Alphabetical(Selector):
    name = "alphabetical"

    def rank(self, features, target, seed):
        order = np.argsort(features.names)
        return Ranking(order, np.zeros(len(order)), np.ones(len(order), dtype=bool))


def test_the_run_says_who_selects(mixed_dataset):
    asked = Encoding(keep=0.25)
    off = EncoderCache(toolbox=Toolbox(selection=OFF)).encode_fold(mixed_dataset, FOLD, asked)
    assert off.encoder.selection is None
    toolbox = Toolbox({"alphabetical": Alphabetical()}, selection="alphabetical")
    chosen = EncoderCache(toolbox=toolbox).encode_fold(mixed_dataset, FOLD, asked).encoder
    assert set(chosen.names) == set(sorted(off.encoder.names)[: len(chosen.names)])
    assert chosen.selection.names == off.encoder.names
    assert "beyond the best 25%" in chosen.selection.reasons


def test_when_the_time_for_rankings_is_spent_everything_is_kept(mixed_dataset):
    cache = EncoderCache(toolbox=Toolbox(seconds=0.0))
    first = cache.encode_fold(mixed_dataset, FOLD, Encoding(keep=0.5))
    assert first.encoder.selection is not None
    second = cache.encode_fold(mixed_dataset, FOLD, Encoding(keep=0.5, missing="impute"))
    assert second.encoder.selection is None
