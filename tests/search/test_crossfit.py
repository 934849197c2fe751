"""What a worker process keeps between jobs."""

from __future__ import annotations

from pathlib import Path

from automl.data.dataset import Profile
from automl.data.folds import FoldPlan
from automl.data.prepare import DataOptions, prepare
from automl.data.schema import Role
from automl.features.cache import EncoderCache
from automl.features.encoding import Encoding
from automl.features.toolbox import Toolbox
from automl.metrics import default_metric
from automl.search.context import Context, dump_context, load_context
from automl.search.keeping import encoder_file
from tests.conftest import mixed_frame


def context(folder: Path) -> Context:
    dataset = prepare(mixed_frame(60), DataOptions(target="label")).dataset
    plan = FoldPlan((), dataset.n_rows, "stratified")
    metric = default_metric(dataset.task.kind)
    return Context(dataset, plan, metric, {}, Profile.of(dataset), folder, cache_bytes=12345)


def test_a_process_has_one_cache_and_shows_each_family_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "context.pickle"
    dump_context(context(tmp_path), path)
    loaded = load_context(path)
    assert load_context(path) is loaded
    assert loaded.cache.max_bytes == 12345
    numbers = frozenset({Role.NUMERIC})
    assert loaded.dataset(numbers) is loaded.dataset(numbers)
    assert loaded.dataset(numbers).table.names[Role.CATEGORICAL] == ()
    assert loaded.dataset(frozenset(Role)).table.names[Role.CATEGORICAL]


def test_encoders_of_one_wish_that_keep_different_columns_do_not_share_a_file(tmp_path: Path) -> None:
    dataset, wish = context(tmp_path).dataset, Encoding(text="drop", keep=0.3)
    ranked = EncoderCache().encode_all(dataset, wish).encoder
    unranked = EncoderCache(toolbox=Toolbox(seconds=-1.0)).encode_all(dataset, wish).encoder
    assert len(ranked.names) < len(unranked.names)
    files = [encoder_file(encoder, wish, 0) for encoder in (ranked, unranked, ranked)]
    assert files[0] == files[2] != files[1]
