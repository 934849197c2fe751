"""What a trial is expected to hold, before and after others of its family were measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from automl.data.dataset import Profile
from automl.data.prepare import DataOptions, prepare
from automl.data.split import plan_folds
from automl.metrics import metric_named
from automl.plugin import Encoding, SklearnFamily
from automl.search.context import Context
from automl.search.footprints import Footprints
from automl.search.records import TrialRecord
from tests.conftest import mixed_frame

MIB = 2**20
BASE = 200 * MIB


class Trees(SklearnFamily):
    name = "trees"

    def portfolio(self, task, profile):
        return [{"trees": 100}]

    def suggest(self, trial, task, profile):
        return {"trees": trial.suggest_int("trees", 10, 1000, log=True)}

    def encoding(self, params, task):
        return Encoding(categorical="onehot" if params.get("onehot") else "codes")

    def estimator(self, params, task, seed, threads):
        raise NotImplementedError


@pytest.fixture(scope="module")
def context() -> Context:
    frame = mixed_frame(2000).assign(code=[str(i % 60) for i in range(2000)])
    dataset = prepare(frame, DataOptions(target="label", roles={}, drop=("value",))).dataset
    plan = plan_folds(dataset.task, dataset.y, n_columns=6, seed=0)
    return Context(dataset, plan, metric_named("roc_auc"), {"trees": Trees()}, Profile.of(dataset), Path())


def record(trees: int, memory: int, state: Any = "complete") -> TrialRecord:
    return TrialRecord(0, "trees", {"trees": trees}, 0, "search", state, memory=memory)


def test_before_anything_was_measured_the_encoded_size_counts(context):
    prints = Footprints(context, BASE)
    plain, wide = prints.need("trees", {}), prints.need("trees", {"onehot": True})
    assert BASE < plain.least < plain.likely
    assert wide.least - BASE > 4 * (plain.least - BASE)


def test_trials_like_those_that_were_measured_need_about_as_much(context):
    prints = Footprints(context, BASE)
    prints.learn(record(10, BASE + 100 * MIB), over=False)
    prints.learn(record(1000, BASE + 2000 * MIB), over=False)
    small, middle, large = (prints.need("trees", {"trees": n}).likely - BASE for n in (12, 100, 900))
    assert 100 * MIB < small < 300 * MIB
    assert small < middle < large
    assert large > 1800 * MIB


def test_what_was_killed_for_its_memory_needs_more_than_it_had(context):
    prints = Footprints(context, BASE)
    prints.learn(record(1000, BASE + 1000 * MIB, "failed"), over=True)
    prints.learn(record(10, BASE + 10 * MIB, "failed"), over=False)  # failed for another reason: says nothing
    assert prints.need("trees", {"trees": 1000}).likely > BASE + 1100 * MIB


def test_measurements_do_not_count_where_a_seed_is_to_fix_everything(context):
    prints = Footprints(context, BASE, learns=False)
    before = prints.need("trees", {"trees": 10})
    prints.learn(record(10, BASE + 1000 * MIB), over=False)
    assert prints.need("trees", {"trees": 10}) == before
