"""Rows kept aside are predicted as long as there is time."""

from __future__ import annotations

import numpy as np
import pytest

from automl import held_out
from automl.data.table import Table
from automl.held_out import FEWEST_ROWS, predict_until


class Clock:
    """A clock that only predictions move on, each row by `seconds`."""

    def __init__(self, monkeypatch, seconds):
        self.now, self.seconds, self.steps = 100.0, seconds, []
        monkeypatch.setattr(held_out.time, "monotonic", lambda: self.now)

    def predict(self, table):
        self.steps.append(table.n_rows)
        self.now += self.seconds * table.n_rows
        return {3: table.numeric[:, :1].astype(float), 5: -table.numeric[:, :1].astype(float)}


def rows_of(n_rows):
    numbers = np.arange(n_rows, dtype=float)[:, None]
    return Table(n_rows, numbers, np.empty((n_rows, 0), np.int32), np.empty((n_rows, 0)))


@pytest.mark.parametrize("until", [None, 1000.0])
def test_with_time_enough_every_row_is_predicted_once_and_in_order(monkeypatch, until):
    clock = Clock(monkeypatch, 1e-3)
    rows, by_member = predict_until(clock.predict, rows_of(5000), 0, until)
    assert rows.tolist() == list(range(5000))
    assert by_member[3][:, 0].tolist() == rows.tolist()
    assert (by_member[5] == -by_member[3]).all()
    assert len(clock.steps) == 1 if until is None else 4


def test_with_little_time_a_part_is_predicted_drawn_by_the_seed(monkeypatch):
    clock = Clock(monkeypatch, 1e-2)
    rows, by_member = predict_until(clock.predict, rows_of(5000), 0, 110.0)
    assert 700 < len(rows) < 1000
    assert clock.now <= 110.0
    assert by_member[3][:, 0].tolist() == rows.tolist() == sorted(set(rows.tolist()))
    assert rows.max() > 4500
    clock.now = 100.0
    assert predict_until(clock.predict, rows_of(5000), 0, 110.0)[0].tolist() == rows.tolist()
    clock.now = 100.0
    assert predict_until(clock.predict, rows_of(5000), 1, 110.0)[0].tolist() != rows.tolist()


def test_a_few_rows_are_predicted_however_late_it_is(monkeypatch):
    clock = Clock(monkeypatch, 1.0)
    assert len(predict_until(clock.predict, rows_of(5000), 0, 90.0)[0]) == FEWEST_ROWS
    assert len(predict_until(clock.predict, rows_of(9), 0, 90.0)[0]) == 9
    assert len(predict_until(clock.predict, rows_of(0), 0, 90.0)[0]) == 0
