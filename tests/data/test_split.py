from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.data.deal import binding
from automl.data.foldcount import FoldOptions, fold_counts, holdout_share
from automl.data.folds import FoldPlan
from automl.data.split import Ties, hold_out, plan_folds
from automl.errors import DataError, OptionError
from automl.task import Task, TaskKind


def classes(y: np.ndarray) -> Task:
    return Task(TaskKind.MULTICLASS, "y", labels=tuple(range(int(y.max()) + 1)))


VALUES = Task(TaskKind.REGRESSION, "y")
label_counts = st.lists(st.integers(1, 40), min_size=2, max_size=6)


def check(plan: FoldPlan) -> None:
    assert [fold.index for fold in plan.folds] == list(range(len(plan.folds)))
    for fold in plan.folds:
        assert len(fold.train)
        assert len(fold.score)
        assert not set(fold.train) & set(fold.score)
        assert fold.train.dtype == fold.score.dtype == np.int64


@settings(max_examples=60, deadline=None)
@given(counts=label_counts, folds=st.integers(2, 8), seed=st.integers(0, 9))
def test_strata_are_spread_evenly_and_never_missed(counts: list[int], folds: int, seed: int) -> None:
    y = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    plan = plan_folds(classes(y), y, n_columns=3, seed=seed, options=FoldOptions(folds=folds, repeats=1))
    check(plan)
    assert sorted(np.concatenate([fold.score for fold in plan.folds])) == list(range(len(y)))
    by_label = np.array([np.bincount(y[fold.score], minlength=len(counts)) for fold in plan.folds])
    assert (np.ptp(by_label, axis=0) <= 1).all()
    assert np.ptp(by_label.sum(axis=1)) <= 1
    for fold in plan.folds:
        assert {label for label, n in enumerate(counts) if n >= 2} <= set(y[fold.train])


@settings(max_examples=60, deadline=None)
@given(counts=label_counts, share=st.floats(0.05, 0.6), seed=st.integers(0, 9))
def test_hold_out_keeps_rare_labels_in_training(counts: list[int], share: float, seed: int) -> None:
    y = np.repeat(np.arange(len(counts)), counts)
    try:
        train, test = hold_out(classes(y), y, share, seed)
    except DataError:
        assert share * len(y) < len(counts)  # nothing to spare
        return
    assert sorted([*train, *test]) == list(range(len(y)))
    assert set(y[train]) == set(y)
    for label, n in enumerate(counts):
        assert abs((y[test] == label).sum() - share * n) <= 1


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 30), st.integers(2, 6), st.integers(0, 9))
def test_groups_and_clusters_stay_whole(n_groups: int, folds: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups = np.concatenate([np.arange(n_groups), rng.integers(0, n_groups, 100)])
    y = rng.integers(0, 3, len(groups))
    y[:3] = [0, 1, 2]
    for ties in (Ties(groups=groups), Ties(clusters=groups)):
        plan = plan_folds(classes(y), y, n_columns=3, seed=seed, ties=ties, options=FoldOptions(folds=folds, repeats=1))
        check(plan)
        assert plan.kind == ("grouped" if ties.groups is not None else "stratified")
        assert plan.scored.all()
        whole = groups if ties.groups is not None else binding(groups, y, 1 / folds)
        assert plan.exchangeable == (whole is None)
        for fold in plan.folds:
            assert whole is None or not set(whole[fold.train]) & set(whole[fold.score])
        whole = groups if ties.groups is not None else binding(groups, y, 0.3)
        train, test = hold_out(classes(y), y, 0.3, seed, ties)
        assert whole is None or not set(whole[train]) & set(whole[test])


@pytest.mark.parametrize("task", ["classes", "values"])
def test_many_copies_leave_the_folds_balanced(task: str) -> None:
    rng = np.random.default_rng(0)
    clusters = rng.integers(0, 2000, 3000)
    y = (rng.random(3000) < 0.1).astype(np.int64) if task == "classes" else rng.normal(size=3000)
    plan = plan_folds(
        classes(y) if task == "classes" else VALUES,
        y,
        n_columns=3,
        ties=Ties(clusters=clusters),
        options=FoldOptions(folds=8),
    )
    check(plan)
    assert plan.units is not None
    for fold in plan.folds:
        assert not set(clusters[fold.train]) & set(clusters[fold.score])
    assert np.ptp([len(fold.score) for fold in plan.folds]) <= 4
    assert np.ptp([y[fold.score].mean() for fold in plan.folds]) < (0.01 if task == "classes" else 0.15)


def test_pairs_leave_out_of_bag_rows_usable_and_large_clusters_do_not() -> None:
    y = np.arange(400.0)
    once = FoldOptions(folds=4, repeats=1)
    pairs = plan_folds(VALUES, y, n_columns=2, ties=Ties(clusters=np.arange(400) // 2), options=once)
    assert pairs.out_of_bag
    assert not pairs.exchangeable
    tens = plan_folds(VALUES, y, n_columns=2, ties=Ties(clusters=np.arange(400) // 10), options=once)
    assert not tens.out_of_bag
    assert plan_folds(VALUES, y, n_columns=2, options=once).out_of_bag
    assert not plan_folds(VALUES, y, n_columns=2, ties=Ties(groups=np.arange(400) // 2), options=once).out_of_bag


def test_a_common_row_and_a_label_of_copies_are_not_bound() -> None:
    half = np.where(np.arange(100) < 50, 0, np.arange(100))
    once = FoldOptions(folds=5, repeats=1)
    plan = plan_folds(VALUES, np.arange(100.0), n_columns=2, ties=Ties(clusters=half), options=once)
    assert plan.exchangeable
    assert {len(fold.score) for fold in plan.folds} == {20}
    y = (np.arange(100) < 4).astype(np.int64)  # all four rows of a label are the same
    copies = np.where(y == 1, 0, np.arange(100))
    copies[10:12] = 10  # one pair more, of the other label
    plan = plan_folds(classes(y), y, n_columns=2, ties=Ties(clusters=copies), options=once)
    assert plan.units is not None
    assert sorted(int(y[fold.score].sum()) for fold in plan.folds) == [0, 1, 1, 1, 1]
    assert [len({10, 11} & set(fold.score.tolist())) for fold in plan.folds].count(2) == 1


def test_groups_are_balanced() -> None:
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 200, 2000)
    y = (rng.random(2000) < 0.1).astype(np.int64)
    plan = plan_folds(classes(y), y, n_columns=3, ties=Ties(groups=groups), options=FoldOptions(folds=5))
    shares = [y[fold.score].mean() for fold in plan.folds]
    sizes = [len(fold.score) for fold in plan.folds]
    assert np.ptp(shares) < 0.02
    assert np.ptp(sizes) < 60


def test_regression_folds_have_the_same_spread() -> None:
    y = np.random.default_rng(0).lognormal(size=1000)
    plan = plan_folds(VALUES, y, n_columns=3)
    check(plan)
    assert plan.kind == "random"
    assert len(plan.folds) == 8
    assert np.ptp([np.median(y[fold.score]) for fold in plan.folds]) < 0.2


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 20), min_size=2, max_size=60).filter(lambda t: len(set(t)) > 1), st.integers(1, 6))
def test_time_runs_forward(moments: list[int], folds: int) -> None:
    times = np.array(moments, dtype=float)
    y = np.zeros(len(times))
    plan = plan_folds(VALUES, y, n_columns=2, ties=Ties(times=times), options=FoldOptions(folds=folds))
    check(plan)
    assert plan.kind == "forward"
    assert len(plan.folds) <= folds
    for fold in plan.folds:
        assert times[fold.train].max() < times[fold.score].min()
    train, test = hold_out(VALUES, y, 0.25, 0, Ties(times=times))
    assert times[train].max() < times[test].min()


def test_seeds_repeat_and_repeats_differ() -> None:
    y = np.arange(100) % 3
    plans = [plan_folds(classes(y), y, n_columns=3, seed=seed) for seed in (1, 1, 2)]
    assert plans[0].repeats == 2
    assert len(plans[0].folds) == 16
    scores = [[fold.score.tolist() for fold in plan.folds] for plan in plans]
    assert scores[0] == scores[1]
    assert scores[0] != scores[2]
    assert scores[0][:8] != scores[0][8:]


@pytest.mark.parametrize(
    ("rows", "columns", "outputs", "seconds", "expected"),
    [
        (200, 10, 2, 60, (8, 2)),
        (1000, 20, 2, 60, (8, 1)),
        (20_000, 9, 1, 60, (5, 1)),
        (50_000, 14, 2, 60, (1, 1)),
        (50_000, 14, 2, 600, (8, 1)),
        (2_000, 58, 32, 60, (5, 1)),
        (9_000, 58, 32, 60, (3, 1)),
        (10**6, 100, 2, None, (1, 1)),
    ],
)
def test_folds_follow_the_budget(
    rows: int, columns: int, outputs: int, seconds: float | None, expected: tuple[int, int]
) -> None:
    assert fold_counts(rows, columns, outputs, FoldOptions(seconds))[:2] == expected


def test_texts_take_long_to_learn_from() -> None:
    counts = [fold_counts(n, 1, 2, FoldOptions(60, texts=1))[:2] for n in (1000, 4500, 12_000)]
    assert counts == [(8, 1), (3, 1), (1, 1)]


def test_sequences_take_long_to_learn_from() -> None:
    counts = [fold_counts(n, 1, 6, FoldOptions(60, sequences=True))[:2] for n in (60, 200, 400)]
    assert counts == [(8, 2), (8, 1), (5, 1)]


def test_images_take_long_to_learn_from() -> None:
    counts = [fold_counts(n, 1, 10, FoldOptions(seconds, images=1))[0] for n, seconds in
              ((300, 60), (1_500, 60), (8_000, 60), (8_000, 300), (8_000, 3600), (50_000, 300))]  # fmt: skip
    assert counts == [5, 1, 1, 1, 8, 1]


def test_a_holdout_scores_a_tenth_within_bounds() -> None:
    assert [round(holdout_share(n) * n) for n in (3000, 15_000, 50_000, 10**6)] == [600, 1500, 5000, 50_000]
    y = np.arange(20_000) % 2
    plan = plan_folds(classes(y), y, n_columns=9, options=FoldOptions(folds=1))
    assert plan.kind == "holdout"
    assert plan.scored.sum() == 2000


def test_fewer_rows_than_folds() -> None:
    y = np.array([0, 0, 1, 1, 1])
    plan = plan_folds(classes(y), y, n_columns=1)
    check(plan)
    assert len(plan.folds) == 10
    assert "only 5 rows" in plan.reason


def test_what_cannot_be_split() -> None:
    y = np.arange(10) % 2
    with pytest.raises(OptionError, match="both given"):
        Ties(groups=y, times=y.astype(float))
    with pytest.raises(DataError, match="have no time"):
        Ties(times=np.array([1, np.nan]))
    with pytest.raises(DataError, match="one group"):
        plan_folds(classes(y), y, n_columns=1, ties=Ties(groups=np.zeros(10, np.int64)))
    with pytest.raises(DataError, match="same time"):
        plan_folds(classes(y), y, n_columns=1, ties=Ties(times=np.zeros(10)))
    with pytest.raises(DataError, match="leaves no row"):
        hold_out(classes(y), y, 0.2, 0, Ties(groups=np.zeros(10, np.int64)))
    for share in (0.0, 1.0, -1.0):
        with pytest.raises(OptionError, match="between 0 and 1"):
            hold_out(classes(y), y, share, 0)
    with pytest.raises(OptionError, match="at least 1"):
        FoldOptions(folds=0)
    with pytest.raises(OptionError, match="at least 1"):
        FoldOptions(repeats=0)
