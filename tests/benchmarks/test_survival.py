"""The benchmarks of limits and of misbehaving families: what they draw, count and print."""

from __future__ import annotations

import json

import pytest

from benchmarks import misbehave, overrun


@pytest.fixture
def suite(tmp_path):
    entries = [
        {"name": name, "path": f"{name}.csv", "target": "y", "task": "binary", "modality": modality}
        for name, modality in (("a", "tabular"), ("b", "tabular"), ("c", "image"))
    ]
    (tmp_path / "suite.json").write_text(json.dumps(entries))
    return tmp_path / "suite.json"


def test_limits_are_drawn_from_the_seed_over_all_tables(suite):
    drawn = overrun.cases(suite, 20, 3, ["tabular"])
    assert drawn == overrun.cases(suite, 20, 3, ["tabular"])
    assert {case.table for case in drawn} == {"a", "b"}
    assert all(overrun.SHORTEST <= case.limit <= overrun.LONGEST for case in drawn)
    assert drawn != overrun.cases(suite, 20, 4, ["tabular"])


def test_what_has_a_line_is_not_run_again_and_the_largest_overrun_is_told(suite, tmp_path, capsys):
    out = tmp_path / "out.jsonl"
    drawn = overrun.cases(suite, 2, 0, ["tabular"])
    done = [overrun.Outcome(c.run, c.table, c.limit, c.limit * (0.9, 1.05)[c.run], 9) for c in drawn]
    out.write_text("".join(json.dumps(vars(outcome)) + "\n" for outcome in done))
    overrun.main(["--suite", str(suite), "--runs", "2", "--out", str(out)])
    printed = capsys.readouterr().out
    assert "2 runs, 1 over their limit, 0 failed; the largest overrun is 5.0 %." in printed
    assert out.read_text().count("\n") == 2


def test_a_fit_survives_with_members_of_healthy_families_alone():
    well = misbehave.Outcome("hang", 0, 19.0, 20.0, ("1 × overran its time",), ("linear",), 0.99)
    ill = misbehave.Outcome("nan", 0, 21.0, 20.0, (), ("linear", "nan"), 0.99)
    assert well.survived
    assert not ill.survived
    assert ill.overrun == pytest.approx(5)
    assert "| hang | 1 × overran its time | 19.0 | 20 | 0.0 | linear | 0.9900 |" in misbehave.render([well, ill])
