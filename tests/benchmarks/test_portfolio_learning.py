"""Learning a portfolio, on measurements of which the right answer is known."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from automl.data.folds import Fold
from automl.ensemble import Library, greedy_weights
from automl.metrics import metric_named
from automl.plugin import Task, TaskKind
from automl.plugin.portfolio_file import Size, read_portfolio
from benchmarks.portfolio import files, judging
from benchmarks.portfolio.evidence import Measurement, Part
from benchmarks.portfolio.greedy import Learner, Options, Weighted, defaults
from benchmarks.portfolio.judge import Judge
from benchmarks.portfolio.page import page
from benchmarks.portfolio.records import Record
from benchmarks.portfolio.simulate import Budget, Scale, ensemble_error, search, weights
from tests.benchmarks.synthetic_evidence import part, table

SIZES = (Size("small", 2500), Size("large", None))
LIMITS = (30.0, 60.0)


def learner(**changes) -> Learner:
    return Learner(Options(LIMITS, **changes))


def predictions(kind: TaskKind, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Targets (n,) and five predictions (5, n, n_outputs) of different worth."""
    if kind is TaskKind.REGRESSION:
        y = rng.normal(size=n)
        return y, y[None, :, None] + rng.normal(scale=[[[0.3]], [[0.5]], [[0.6]], [[0.9]], [[2]]], size=(5, n, 1))
    labels = 2 if kind is TaskKind.BINARY else 4
    y = rng.integers(0, labels, n)
    scores = rng.normal(size=(5, n, labels)) + np.array([2.0, 1.5, 1.2, 1, 0.1])[:, None, None] * np.eye(labels)[y]
    return y, np.exp(scores) / np.exp(scores).sum(axis=2, keepdims=True)


METRICS = [
    (TaskKind.REGRESSION, "rmse"),
    (TaskKind.BINARY, "roc_auc"),
    (TaskKind.MULTICLASS, "log_loss"),
    (TaskKind.MULTICLASS, "accuracy"),
]


@pytest.mark.parametrize(("kind", "name"), METRICS)
def test_errors_of_many_blends_are_those_of_the_metric(kind, name):
    y, given = predictions(kind, 150, np.random.default_rng(0))
    given[0, ::2] = given[0, 0]  # ties
    judge = Judge(metric_named(name), y, given.shape[2])
    blends = [0.5 * given[0] + 0.5 * other for other in given]
    expected = [metric_named(name).error(y, blend) for blend in blends]
    facts = np.stack([0.5 * judge.facts(given[0]) + 0.5 * judge.facts(other) for other in given])
    assert judge.errors(facts) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("kind", "name"), METRICS)
def test_the_ensemble_is_chosen_as_the_engine_chooses_it(kind, name):
    y, given = predictions(kind, 300, np.random.default_rng(1))
    metric, labels = metric_named(name), tuple(range(given.shape[2]))
    judge = Judge(metric, y, given.shape[2])
    errors = [metric.error(y, one) for one in given]
    measurements = {
        str(i): Measurement(str(i), f"f{i}", 1.0, 8, errors[i], judge.facts(one), judge.facts(one))
        for i, one in enumerate(given)
    }
    own = weights(Part(judge, judge, measurements), list(measurements))
    task = Task(kind, "y", labels if kind is not TaskKind.REGRESSION else ())
    everything = np.arange(len(y))
    fold = Fold(0, everything[:0], everything)
    library = Library(given, errors, [f"f{i}" for i in range(5)], y, None, [fold], metric, task)
    order = np.argsort(errors, kind="stable")
    theirs = np.zeros(5)
    theirs[order] = greedy_weights(library, order, everything)
    assert own == pytest.approx(theirs)
    assert (own > 0).sum() > 1 or name == "accuracy"


def test_a_search_tries_defaults_first_and_starts_nothing_that_cannot_end():
    seconds = {"a:0": 3.0, "b:0": 1.0, "c:0": 90.0, "a:1": 2.0, "b:1": 200.0, "d:0": 0.5}
    own = part(dict.fromkeys(seconds, 1.0) | {"d:0": np.inf}, seconds)
    portfolio = {"a": ["a:0", "a:1"], "b": ["b:0", "b:1"], "c": ["c:0"], "d": ["d:0"], "e": ["e:0"]}
    assert search(own, portfolio, Budget(30.0)) == ["b:0", "a:0", "a:1"]  # c and b:1 are too long, d fails
    assert search(own, portfolio, Budget(300.0)) == ["b:0", "a:0", "c:0", "a:1"]
    assert search(own, {"a": ["a:1", "a:0"]}, Budget(30.0)) == ["a:1", "a:0"]
    assert search(own, {}, Budget(30.0)) == []


def test_two_workers_share_what_is_long_and_both_are_full_at_the_end():
    many = {f"a:{i}": 1.0 for i in range(100)}
    seconds = dict.fromkeys(many, 2.0)
    done = search(part(many, seconds), {"a": list(many)}, Budget(30.0))
    assert len(done) == 2 * int(Budget(30.0).search // 2.0)
    alone = {"a:0": Budget(30.0).trial * 1.5}
    assert search(part({"a:0": 1.0}, alone), {"a": ["a:0"]}, Budget(30.0)) == ["a:0"]
    whole = part({"a:0": 1.0}, alone)
    single = replace(whole.measurements["a:0"], fits=1)  # one fit cannot be divided
    assert search(replace(whole, measurements={"a:0": single}), {"a": ["a:0"]}, Budget(30.0)) == []


def test_regret_goes_from_the_best_ensemble_to_the_median_configuration():
    own = part({"a:0": 1.0, "b:0": 2.0, "c:0": 3.0})
    scale = Scale.of(own)
    assert scale.usual == pytest.approx(2.0)
    assert scale.best < 1.0  # independent errors cancel out
    assert scale.regret(scale.best) == pytest.approx(0.0)
    assert scale.regret(np.array([scale.usual, np.inf])) == pytest.approx([1.0, 1.0])
    assert ensemble_error(own, []) == np.inf


ERRORS = {"a:0": 3.0, "a:1": 3.0, "a:good": 1.0, "a:bad": 9.0, "b:0": 3.5, "b:none": np.inf}


def test_what_helps_most_comes_right_after_the_default():
    tables = [Weighted(table(name, ERRORS), 1.0) for name in ("one", "two")]
    learned = learner().learn(tables)
    assert learned["a"][:2] == ["a:0", "a:good"]
    assert "a:bad" not in learned["a"]
    assert set(learned["a"]) == {"a:0", "a:1", "a:good"}  # nothing that is written is lost
    assert learned["b"] == ["b:0"]
    assert learner().learn(tables) == learned


def test_no_family_gets_more_entries_than_allowed():
    errors = {"a:0": 3.0} | {f"a:s{i}": 2.0 for i in range(6)}
    learned = learner(most=3).learn([Weighted(table("one", errors), 1.0)])
    assert len(learned["a"]) == 3


def test_of_two_that_help_as_much_the_cheaper_comes_first_and_the_impossible_never():
    seconds = {"a:slow": 8.0, "a:quick": 1.0, "a:endless": 500.0}
    errors = {
        "a:0": 3.0,
        "a:slow": 1.0,
        "a:quick": 1.0,
        "a:endless": 0.1,
        "a:bad": 9.0,
        "a:worse": 10.0,
        "a:worst": 11.0,
    }
    learned = learner().learn([Weighted(table(name, errors, seconds), 1.0) for name in ("one", "two")])
    assert learned["a"][1:] == ["a:quick", "a:slow"]


def test_a_default_is_unseated_by_clear_evidence_alone():
    clear = [Weighted(table(name, {"a:0": 3.0, "a:x": 2.5, "a:y": 2.9}), 1.0) for name in ("one", "two", "three")]
    assert defaults(clear, LIMITS) == {"a": "a:x"}
    assert defaults(clear[:2], LIMITS) == {"a": "a:0"}  # too few tables
    slow = [Weighted(table(n, {"a:0": 3.0, "a:x": 2.5}, {"a:x": 2.0}), 1.0) for n in ("one", "two", "three")]
    assert defaults(slow, LIMITS) == {"a": "a:0"}
    mixed = [Weighted(table(n, {"a:0": 3.0, "a:x": e}), 1.0) for n, e in zip("opqr", (1, 1, 4, 4), strict=True)]
    assert defaults(mixed, LIMITS) == {"a": "a:0"}


def test_a_lesson_holds_where_it_beats_what_is_written_on_tables_left_out():
    tables = [table(name, ERRORS) for name in ("one", "two", "three", "four")]
    (lesson,) = judging.lessons(tables, SIZES, learner())
    assert (lesson.kind, lesson.size, lesson.tables) == (TaskKind.REGRESSION, "small", ("one", "two", "three", "four"))
    assert len(lesson.outcomes) == len(tables) * len(LIMITS)
    assert lesson.mean("learned") < lesson.mean("written") - 0.2
    assert lesson.mean("learned") < lesson.mean("random")
    assert lesson.holds
    (few,) = judging.lessons(tables[:2], SIZES, learner())
    assert not few.holds
    (one,) = judging.lessons(tables[:1], SIZES, learner())
    assert one.outcomes == ()
    assert not one.holds


def test_what_helps_on_one_table_each_is_no_lesson():
    names = ("one", "two", "three", "four")
    written = {"a:0": 3.0, "a:1": 1.0, "b:0": 3.5}
    tables = [
        table(name, written | {f"a:of_{other}": 0.5 if other == name else 9.0 for other in names}) for name in names
    ]
    (lesson,) = judging.lessons(tables, SIZES, learner(most=2))
    assert lesson.mean("learned") == pytest.approx(lesson.mean("written"))  # what helps nobody hurts nobody either
    assert not lesson.holds


def test_seeds_of_a_table_are_left_out_together():
    twice = [replace(table(f"one{seed}", ERRORS), group="one") for seed in range(2)]
    (lesson,) = judging.lessons(twice, SIZES, learner())
    assert lesson.tables == ("one",)
    assert lesson.outcomes == ()


class InPackage:
    """Stands for a family of a package."""


def test_only_lessons_that_hold_are_written_and_the_page_tells_all(tmp_path, monkeypatch):
    tables = [table(name, ERRORS) for name in ("one", "two", "three")]
    found = list(judging.lessons(tables, SIZES, learner()))
    records = [
        Record(
            one.group, "regression", "rmse", 0, 60.0, 1000, key[0], key, "written", {"x": key}, "complete",
            error=1.0, test_error=1.0, seconds=36.0, params={"x": key}, engine="0.1.0", machine={"cores": 2},
        )
        for one in tables
        for key in ERRORS
    ]  # fmt: skip
    about = files.made("suite.json", records, LIMITS)
    assert about["tables"] == ["one", "three", "two"]
    assert about["core_hours"] == pytest.approx(0.18)
    text = page(found, records, about)
    assert "| regression | small | 3 |" in text
    assert "holds |" in text
    assert '1. `{"x": "a:good"}`' in text
    monkeypatch.setattr(files, "portfolio_path", lambda family: tmp_path / "portfolio.json" if family else None)
    families = {"a": InPackage(), "b": None}
    written = files.portfolio_files(found, SIZES, records, families, about)  # type: ignore[arg-type]
    (path,) = written
    files.write_file(path, written[path])
    assert read_portfolio(path) == written[path]
    assert written[path].entries("a", TaskKind.REGRESSION, 100)[0] == {"x": "a:good"}
    assert written[path].entries("b", TaskKind.REGRESSION, 100) == ()
    assert written[path].entries("a", TaskKind.REGRESSION, 5000) == ()
    assert '\n     {"x": "a:good"}' in path.read_text()  # an entry a line
    assert json.loads(path.read_text())["made"]["trials"] == 3 * len(ERRORS)
    failed = replace(found[0], outcomes=())
    assert files.portfolio_files([failed], SIZES, records, families, about) == {}  # type: ignore[arg-type]
