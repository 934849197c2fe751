from __future__ import annotations

import numpy as np

from automl.plugin import Features, Part, Task, TaskKind, of_labels, prior, spread

THREE = Task(TaskKind.MULTICLASS, "y", ("a", "b", "c"))
VALUES = Task(TaskKind.REGRESSION, "y")
NO_LABELS = np.empty(0, dtype=np.int64)


def part(y: list[int] | list[float], weights: list[float] | None = None) -> Part:
    matrix = np.arange(2.0 * len(y), dtype=np.float32).reshape(len(y), 2)
    cells = np.array([f"row {i}" for i in range(len(y))], dtype=object)
    features = Features(matrix, ("a", "b"), np.zeros(2, dtype=np.int64), {"note": cells})
    return Part(features, np.array(y), None if weights is None else np.array(weights))


def test_the_prior_of_labels_is_their_frequencies_with_zero_for_those_unseen() -> None:
    np.testing.assert_allclose(prior(part([0, 0, 0, 2]), THREE), [0.75, 0.0, 0.25])
    np.testing.assert_allclose(prior(part([0, 2], [1.0, 3.0]), THREE), [0.25, 0.0, 0.75])


def test_the_prior_of_values_is_their_mean() -> None:
    np.testing.assert_allclose(prior(part([1.0, 4.0]), VALUES), [2.5])
    np.testing.assert_allclose(prior(part([1.0, 4.0], [2.0, 1.0]), VALUES), [2.0])


def test_the_prior_takes_weights_that_are_all_zero_for_none() -> None:
    np.testing.assert_allclose(prior(part([0, 0, 0, 2], [0.0] * 4), THREE), [0.75, 0.0, 0.25])
    np.testing.assert_allclose(prior(part([1.0, 4.0], [0.0, 0.0]), VALUES), [2.5])


def test_rows_of_other_labels_are_left_out_with_their_weights_and_cells() -> None:
    kept = of_labels(part([0, 1, 2, 0], [1.0, 2.0, 3.0, 4.0]), np.array([0, 2]))
    assert kept.y.tolist() == [0, 2, 0]
    assert kept.weights is not None
    assert kept.weights.tolist() == [1.0, 3.0, 4.0]
    assert kept.features.matrix[:, 0].tolist() == [0.0, 4.0, 6.0]
    assert kept.features.raw["note"].tolist() == ["row 0", "row 2", "row 3"]


def test_a_part_with_nothing_to_leave_out_is_the_same_part() -> None:
    whole = part([0, 1])
    assert of_labels(whole, np.array([0, 1, 2])) is whole
    assert of_labels(whole, NO_LABELS) is whole, "regression has no labels"


def test_no_row_may_be_left() -> None:
    assert not len(of_labels(part([1, 1]), np.array([0])).y)


def test_columns_of_labels_seen_are_put_in_their_places() -> None:
    out = spread(np.array([[0.4, 0.6]], dtype=np.float32), np.array([0, 2]), 3)
    assert out.dtype == np.float64
    np.testing.assert_allclose(out, [[0.4, 0.0, 0.6]], rtol=1e-6)


def test_taking_rows_keeps_their_order() -> None:
    taken = part([0, 1, 2]).take(np.array([2, 0]))
    assert taken.y.tolist() == [2, 0]
    assert taken.features.matrix.tolist() == [[4.0, 5.0], [0.0, 1.0]]
    assert taken.features.matrix.flags.c_contiguous
    assert taken.weights is None
