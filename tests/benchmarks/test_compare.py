"""What results say about systems, on matrices small enough to check by hand."""

import subprocess
import sys
import time

import numpy as np
import pytest

from benchmarks.compare import Standing, standing
from benchmarks.diagram import cliques, critical_difference_svg
from benchmarks.results import Record
from benchmarks.watch import Watch, members


def of(scores: list[list[float]], names: str = "abc") -> Standing:
    tables = tuple(f"t{i}" for i in range(len(scores)))
    return Standing(tables, tuple(names[: len(scores[0])]), np.array(scores, dtype=float))


def test_ranks_share_ties_and_put_the_missing_last() -> None:
    ranks = of([[3, 2, 2], [1, np.nan, 5]]).ranks
    assert ranks.tolist() == [[1, 2.5, 2.5], [2, 3, 1]]


def test_normalised_scores_span_each_table() -> None:
    shares = of([[3, 2, 1], [5, np.nan, 4], [7, 7, 7]]).normalised
    assert shares.tolist() == [[1, 0.5, 0], [1, 0, 0], [1, 1, 1]]


def test_duels_and_elo_agree_on_who_wins() -> None:
    table = of([[3, 2, 1]] * 4 + [[1, 2, 3]])
    assert table.duel("a", "b") == (4, 0, 1)
    assert table.elo[0] > table.elo[1] > table.elo[2]
    assert table.elo.mean() == pytest.approx(1000)
    # Two systems: odds of (4 + .5) to (1 + .5) are 400 log10(3) points.
    pair = of([[1, 0]] * 4 + [[0, 1]]).elo
    assert pair[0] - pair[1] == pytest.approx(400 * np.log10(3))


def test_the_critical_difference_is_that_of_demsar() -> None:
    # Demšar (2006), section 3.2.3: four classifiers on 14 tables have a difference of 1.25 at 5%.
    assert of([[4, 3, 2, 1]] * 14, "abcd").critical_difference == pytest.approx(1.25, abs=0.005)


def test_scores_are_means_over_seeds_and_a_failed_seed_fails_the_table() -> None:
    rows = [Record("t", "rmse", "tabular", system, seed, 60.0, value) for system, seed, value in
            [("a", 0, 2.0), ("a", 1, 4.0), ("b", 0, 1.0), ("b", 1, None)]]  # fmt: skip
    result = standing(rows)
    assert result.scores[0, 0] == -3.0
    assert np.isnan(result.scores[0, 1])


def test_cliques_are_the_longest_spans_within_the_difference() -> None:
    assert cliques(np.array([1.0, 1.5, 2.2, 4.0]), 1.0) == [(0, 1), (1, 2)]
    assert cliques(np.array([1.0, 3.0]), 1.0) == []


def test_the_diagram_names_every_system() -> None:
    svg = critical_difference_svg(of([[3, 2, 1], [3, 1, 2]]))
    assert all(f">{name} " in svg for name in "abc")


def test_a_watch_sees_memory_and_time_of_a_session() -> None:
    code = (
        "import time\nheld = bytearray(64 * 2**20)\nend = time.process_time() + .3\n"
        "while time.process_time() < end: pass\ntime.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    with Watch(process.pid, period=0.02) as watch:
        limit = time.monotonic() + 30
        while time.monotonic() < limit and (watch.usage.cpu_seconds or 0) < 0.3:
            time.sleep(0.02)
        assert members(process.pid) == [process.pid]
        process.kill()
        process.wait()
    assert watch.usage.peak_mib is not None
    assert watch.usage.peak_mib > 60
    assert watch.usage.cpu_seconds == pytest.approx(0.3, abs=0.2)
