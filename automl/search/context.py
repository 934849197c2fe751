"""What every job of a run shares, and how it reaches the processes that run them."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from automl.data.dataset import Dataset, Profile
from automl.data.folds import FoldPlan
from automl.data.schema import Role
from automl.data.weights import weights_at
from automl.features.cache import EncoderCache
from automl.features.roles import restrict
from automl.features.toolbox import Toolbox
from automl.metrics import Metric
from automl.plugin.family import ModelFamily


@dataclass(frozen=True)
class Context:
    """What every job of a run shares.

    `families` by name, `folder` the run folder, `threads` what one job may use, `cache_bytes` what a process may keep
    of encoded folds, `toolbox` what all encodings share.
    """

    dataset: Dataset
    plan: FoldPlan
    metric: Metric
    families: Mapping[str, ModelFamily]
    profile: Profile
    folder: Path
    threads: int = 1
    cache_bytes: int = 2**30
    toolbox: Toolbox = field(default_factory=Toolbox)

    @property
    def out_of_bag(self) -> bool:
        """Whether out-of-bag rows of one fit on all rows may stand in for folds; not where encodings see targets."""
        return self.plan.out_of_bag and not self.toolbox.uses_target

    @property
    def refitted(self) -> frozenset[str]:
        """The families whose models may be fitted again in the end: rows were held out, and they can learn from all."""
        able = (name for name, family in self.families.items() if family.builds_again)
        return frozenset(able if self.plan.leaves_rows_out else ())

    def in_one_fit(self, family: str) -> bool:
        """Whether a trial of this family is one fit on all rows, whose out-of-fold predictions are out-of-bag."""
        return self.families[family].out_of_bag and self.out_of_bag

    def error(self, rows: NDArray[np.int64], prediction: NDArray[np.float64]) -> float:
        """Judge predictions (n, n_outputs) of the rows at n positions; lower is better."""
        dataset = self.dataset
        return self.metric.error(dataset.y[rows], prediction, weights_at(dataset.weights, rows))


def dump_context(context: Context, path: Path) -> None:
    """Write the context for workers to read; it must lie in a folder that only this user can write.

    Reading it runs code, as reading any pickle does.
    """
    import cloudpickle

    with path.open("wb") as file:
        cloudpickle.dump(context, file, protocol=5)


@dataclass(frozen=True)
class Loaded:
    """What a process keeps between jobs: the context, and one cache of encoded folds for all families."""

    context: Context
    cache: EncoderCache
    _datasets: dict[frozenset[Role], Dataset] = field(default_factory=dict, init=False)

    def dataset(self, roles: frozenset[Role]) -> Dataset:
        """Return the dataset with the columns of these roles only; the same object each time."""
        if roles not in self._datasets:
            whole = self.context.dataset
            self._datasets[roles] = replace(whole, table=restrict(whole.table, roles, whole.schema))
        return self._datasets[roles]


@functools.lru_cache(maxsize=1)
def load_context(path: Path) -> Loaded:
    """Read the context once a process, with the cache that goes with it."""
    import cloudpickle

    with path.open("rb") as file:
        context: Context = cloudpickle.load(file)
    return Loaded(context, EncoderCache(max_bytes=context.cache_bytes, toolbox=context.toolbox))


def warm_context(path: Path) -> None:
    """Read the context into this process before the first job asks for it."""
    load_context(path)
