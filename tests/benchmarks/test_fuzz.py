"""A small share of the fuzzing, in a process that may die of it."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path

import numpy as np
import pytest

from benchmarks.fuzz import artifacts, mutate
from benchmarks.fuzz.__main__ import is_failure, run, snapshot, table

FAMILIES = {"linear", "lightgbm", "discriminant"} | {
    name for name in ("catboost", "xgboost") if importlib.util.find_spec(name)
}


@pytest.fixture
def work(tmp_path: Path) -> Path:
    for name in ("bases", "box", "failures", "sentinel"):
        (tmp_path / name).mkdir()
    (tmp_path / "sentinel" / "secret.npz").write_bytes(b"nobody may touch this")
    return tmp_path


def bad(answers):
    return [a for a in answers if is_failure(a) or a["outcome"] in {"crash", "hang"}]


def test_forged_models_are_refused_or_work(work: Path):
    assert artifacts.make_bases(work / "bases", FAMILIES)
    before = snapshot(work)
    answers = run("artifacts", work, seed=5, cases=range(200), count=200)
    assert bad(answers) == []
    assert {answer["outcome"] for answer in answers} == {"refused", "loaded"}
    assert snapshot(work) == before
    assert "| all | 200 |" in table("artifacts", answers, False, 1.0)


def test_hostile_tables_are_refused_or_read(work: Path):
    answers = run("tables", work, seed=5, cases=range(60), count=60)
    assert bad(answers) == []
    assert {answer["outcome"] for answer in answers} == {"refused", "read"}


def test_a_process_that_dies_is_counted_and_replaced(work: Path):
    # The third number is none, which ends the process as a crash would.
    answers = run("tables", work, seed=1, cases=["0", "1", "x", "3"], count=4)  # type: ignore[list-item]
    assert [answer["outcome"] == "crash" for answer in answers] == [False, False, True, False]
    assert [path.name for path in (work / "failures").iterdir()] == ["1-x-crash"]


def test_mutations_follow_their_seed():
    data = bytes(range(256)) * 4
    assert mutate.mutated_bytes(data, random.Random(3)) == mutate.mutated_bytes(data, random.Random(3))
    assert len({mutate.mutated_bytes(data, random.Random(seed)) for seed in range(50)}) > 40


def test_the_table_to_learn_from_has_every_kind_of_column():
    frame = artifacts.table(50)
    assert frame["number"].isna().any()
    assert frame["shop"].nunique() > 15
    assert np.issubdtype(frame["value"].dtype, np.floating)
