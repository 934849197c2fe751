"""The chaos benchmark counts what it should, also where the engine's own bookkeeping would not show it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.chaos import Outcome, main, render
from benchmarks.ledger import Ledger


def line(number: int, depth: int, state: str = "complete") -> str:
    return json.dumps({"number": number, "family": "decision_tree", "params": {"depth": depth}, "state": state}) + "\n"


@pytest.fixture
def run(tmp_path) -> Path:
    for number in range(3):
        (tmp_path / f"trials/{number:05d}").mkdir(parents=True)
        np.save(tmp_path / f"trials/{number:05d}/predictions.npy", np.full(4, number))
    (tmp_path / "journal.jsonl").write_text(line(0, 1) + line(1, 2) + line(2, 3))
    return tmp_path


def test_an_intact_run_has_lost_and_repeated_nothing(run):
    ledger = Ledger(run)
    ledger.look()
    with (run / "journal.jsonl").open("a") as file:
        file.write(line(3, 4, "failed") + '{"number": 4, "to')
    assert (ledger.lost(), ledger.repeated()) == (0, 0)


def test_lines_that_vanish_and_predictions_that_change_are_lost(run):
    ledger = Ledger(run)
    ledger.look()
    (run / "journal.jsonl").write_text(line(0, 1) + line(1, 2))
    np.save(run / "trials/00001/predictions.npy", np.zeros(4))
    assert ledger.lost() == 2


def test_a_complete_trial_without_predictions_is_lost(run):
    (run / "trials/00001/predictions.npy").unlink()
    ledger = Ledger(run)
    ledger.look()
    assert ledger.lost() == 1


def test_a_configuration_or_a_number_that_comes_twice_is_repeated(run):
    with (run / "journal.jsonl").open("a") as file:
        file.write(line(3, 1) + line(2, 9))
    assert Ledger(run).repeated() == 2


def test_the_table_has_sums_and_finished_runs_are_not_made_again(tmp_path, capsys):
    outcomes = [Outcome(run, "wine", "--trials 40", 2, 1, 2, 40, 3, 0, run, 0, 9.5) for run in range(2)]
    assert render(outcomes).splitlines()[-1].startswith("| 2 runs |  |  | 2 | 4 | 4 | 80 | 6 | 0 | 1 | 0 |")
    out = tmp_path / "chaos.jsonl"
    out.write_text("".join(json.dumps(vars(outcome)) + "\n" for outcome in outcomes))
    main(["--runs", "2", "--out", str(out)])
    assert "0 errors" in capsys.readouterr().out
