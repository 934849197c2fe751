"""What a worker process keeps between jobs."""

from __future__ import annotations

from pathlib import Path

from automl.data.dataset import Profile
from automl.data.folds import FoldPlan
from automl.data.prepare import DataOptions, prepare
from automl.data.schema import Role
from automl.metrics import default_metric
from automl.search.crossfit import Context, dump_context, load_context
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
