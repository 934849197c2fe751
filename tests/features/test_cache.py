from dataclasses import replace

import numpy as np
import pytest

from automl.data.folds import Fold
from automl.data.schema import Role
from automl.features.cache import EncoderCache, n_bytes
from automl.features.encoding import Encoding
from automl.features.roles import restrict
from automl.features.selection import Ranking
from automl.features.toolbox import Toolbox

FOLD = Fold(0, np.arange(0, 120), np.arange(120, 160))
OTHER = Fold(1, np.arange(40, 160), np.arange(0, 40))


class CountingRanker:
    def __init__(self):
        self.calls = 0

    def rank(self, features, target, seed):
        self.calls += 1
        n = len(features.names)
        return Ranking(np.arange(n), np.linspace(1, 0, n), np.ones(n, dtype=bool))


def test_the_same_wish_is_served_from_memory(mixed_dataset):
    cache = EncoderCache()
    first = cache.encode_fold(mixed_dataset, FOLD, Encoding())
    assert first.train.n_rows == 120
    assert first.score.n_rows == 40
    assert cache.encode_fold(mixed_dataset, FOLD, Encoding()) is first
    assert cache.encode_fold(mixed_dataset, OTHER, Encoding()) is not first
    assert cache.encode_fold(mixed_dataset, FOLD, Encoding(missing="impute")) is not first


def test_one_ranking_serves_every_share(mixed_dataset):
    ranker = CountingRanker()
    cache = EncoderCache(toolbox=Toolbox({"gain": ranker}))
    encoding = Encoding(text="drop")
    widths = [len(cache.encode_fold(mixed_dataset, FOLD, replace(encoding, keep=k)).train.names) for k in (1, 0.5, 0.2)]
    assert ranker.calls == 1
    assert widths[0] > widths[1] > widths[2]
    part = cache.encode_fold(mixed_dataset, FOLD, replace(encoding, keep=0.5))
    scored = part.encoder.transform(mixed_dataset.table.take(FOLD.score))
    np.testing.assert_array_equal(scored.matrix, part.score.matrix)
    assert part.encoder.encoding.keep == 0.5
    cache.encode_fold(mixed_dataset, OTHER, replace(encoding, keep=0.5))
    assert ranker.calls == 2


def test_a_fold_keeps_its_columns_though_nothing_is_cached_and_the_time_for_rankings_is_spent(mixed_dataset):
    cache = EncoderCache(toolbox=Toolbox({"gain": CountingRanker()}, seconds=0.0), max_bytes=0)
    wish = Encoding(text="drop", keep=0.5)
    first, again = (cache.encode_fold(mixed_dataset, FOLD, wish) for _ in range(2))
    other = cache.encode_fold(mixed_dataset, OTHER, wish)
    assert first.encoder.names == again.encoder.names
    assert len(first.encoder.names) < len(other.encoder.names)  # no time is left to rank for this one


def test_the_real_ranking_selects(mixed_dataset):
    cache = EncoderCache()
    part = cache.encode_fold(mixed_dataset, FOLD, Encoding(categorical="onehot", text="drop", keep=0.3))
    assert "a" in part.train.names


@pytest.mark.parametrize("encoding", [Encoding(), Encoding(numeric="quantile", missing="impute", categorical="target")])
def test_score_rows_do_not_reach_the_encoder(mixed_dataset, encoding):
    changed = mixed_dataset.table.take(np.arange(160))
    changed.numeric[120:] = 1e6
    changed.categorical[120:] = 1
    changed.datetime[120:] = 0
    changed.raw["note"][120:] = "other words entirely"
    y = mixed_dataset.y.copy()
    y[120:] = 1 - y[120:]
    first = EncoderCache().encode_fold(mixed_dataset, FOLD, encoding)
    second = EncoderCache().encode_fold(replace(mixed_dataset, table=changed, y=y), FOLD, encoding)
    np.testing.assert_array_equal(first.train.matrix, second.train.matrix)
    table = mixed_dataset.table
    np.testing.assert_array_equal(first.encoder.transform(table).matrix, second.encoder.transform(table).matrix)


def test_all_rows(mixed_dataset):
    part = EncoderCache().encode_all(mixed_dataset, Encoding(categorical="target"))
    assert part.train.n_rows == 160
    assert part.score is None


def test_tables_of_different_roles_do_not_mix(mixed_dataset):
    cache = EncoderCache()
    numbers = replace(mixed_dataset, table=restrict(mixed_dataset.table, frozenset({Role.NUMERIC})))
    whole = cache.encode_fold(mixed_dataset, FOLD, Encoding())
    assert len(cache.encode_fold(numbers, FOLD, Encoding()).train.names) < len(whole.train.names)


def test_families_that_come_to_the_same_columns_share(mixed_dataset):
    cache = EncoderCache()
    few, more = (
        replace(mixed_dataset, table=restrict(mixed_dataset.table, frozenset(roles)))
        for roles in ({Role.NUMERIC}, {Role.NUMERIC, Role.BOOLEAN})
    )
    assert cache.encode_fold(few, FOLD, Encoding()) is cache.encode_fold(more, FOLD, Encoding())


def test_shared_counts_change_no_text(mixed_dataset):
    part = EncoderCache().encode_fold(mixed_dataset, FOLD, Encoding())
    fresh = part.encoder.transform(mixed_dataset.table.take(FOLD.score))
    np.testing.assert_array_equal(part.score.matrix, fresh.matrix)


def test_memory_is_bounded_and_the_oldest_goes_first(mixed_dataset):
    encoding = Encoding(text="drop")
    size = n_bytes(EncoderCache().encode_fold(mixed_dataset, FOLD, encoding))
    cache = EncoderCache(max_bytes=int(2.5 * size))
    first = cache.encode_fold(mixed_dataset, FOLD, encoding)
    second = cache.encode_fold(mixed_dataset, OTHER, encoding)
    assert cache.encode_fold(mixed_dataset, FOLD, encoding) is first
    cache.encode_all(mixed_dataset, encoding)
    assert cache.n_bytes <= cache.max_bytes
    assert cache.encode_fold(mixed_dataset, OTHER, encoding) is not second
    nothing = EncoderCache(max_bytes=10)
    assert nothing.encode_fold(mixed_dataset, FOLD, encoding).train.n_rows == 120
    assert nothing.n_bytes == 0
