from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from automl.plugin import BoostedHead, Features, Part, Task, TaskKind

BINARY = Task(TaskKind.BINARY, "y", ("a", "b"))
THREE = Task(TaskKind.MULTICLASS, "y", ("a", "b", "c"))
VALUES = Task(TaskKind.REGRESSION, "y")


def part(y: list[Any], n_columns: int = 2) -> Part:
    names = tuple(f"x{i}" for i in range(n_columns))
    matrix = np.zeros((len(y), n_columns), dtype=np.float32)
    return Part(Features(matrix, names, np.zeros(n_columns, dtype=np.int64), {}), np.array(y))


def test_values_are_standardised_and_back() -> None:
    train = part([1.0, 3.0, 8.0])
    head = BoostedHead.of(train, VALUES)
    standardised = head.targets(train)
    assert standardised.mean() == pytest.approx(0)
    assert standardised.std() == pytest.approx(1)
    np.testing.assert_allclose(head.predictions(standardised), [[1.0], [3.0], [8.0]])
    assert head.n_groups == 1


def test_values_that_are_all_the_same_are_not_divided_by_nothing() -> None:
    head = BoostedHead.of(part([5.0, 5.0]), VALUES)
    assert head.targets(part([5.0])).tolist() == [0.0]
    assert head.predictions(np.zeros(1)).tolist() == [[5.0]]


def test_two_labels_have_one_probability_and_one_tree_a_round() -> None:
    head = BoostedHead.of(part([0, 1, 1]), BINARY)
    np.testing.assert_allclose(head.predictions(np.array([0.25, 1.0], dtype=np.float32)), [[0.75, 0.25], [0.0, 1.0]])
    assert head.n_groups == 1


def test_labels_that_training_lacked_have_no_tree_and_no_probability() -> None:
    head = BoostedHead.of(part([0, 2, 2]), THREE)
    assert head.targets(part([2, 0])).tolist() == [1, 0]
    np.testing.assert_allclose(head.predictions(np.array([0.25])), [[0.75, 0.0, 0.25]])
    assert BoostedHead.of(part([0, 1, 2]), THREE).n_groups == 3


@pytest.mark.parametrize(
    ("train", "task"), [(part([2, 2]), THREE), (part([0, 1], 0), BINARY), (part([1.0], 0), VALUES)]
)
def test_without_columns_or_with_one_label_there_is_nothing_to_boost(train: Part, task: Task) -> None:
    head = BoostedHead.of(train, task)
    assert not head.boosted
    np.testing.assert_allclose(head.constant(2), [head.prior, head.prior])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"classes": np.array([0, 3])}, r"labels must lie in \[0, 3\)"),
        ({"classes": np.array([-1, 0])}, r"labels must lie in \[0, 3\)"),
        ({"classes": np.array([0.0, 1.0])}, r"labels must lie in \[0, 3\)"),
        ({"prior": np.array([0.5, np.nan, 0.5])}, "prior must be a finite vector"),
        ({"scale": float("inf")}, "scale and shift must be finite"),
    ],
)
def test_what_no_fit_leaves_is_refused(change: dict[str, Any], message: str) -> None:
    head = BoostedHead.of(part([0, 1, 2]), THREE)
    with pytest.raises(ValueError, match=message):
        replace(head, **change)
