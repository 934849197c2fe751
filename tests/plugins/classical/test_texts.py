"""Counting terms, weighing them, and the linear models over them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.svm import LinearSVC

from automl.plugin import ArtifactError, FamilyDeclined, Features, Limits, Part, Profile, Role, load, save
from automl_classical import terms, vocabulary
from automl_classical.nb_linear import NBLinear
from automl_classical.outputs import softmax
from automl_classical.sparse_descent import Design, Loss, cross_entropy, descend, squared_error, squared_hinge
from automl_classical.terms import TermKind, count
from automl_classical.text_linear import log_ratios
from automl_classical.vocabulary import Vocabulary, Wish, learn_vocabulary
from tests.plugins.cells import BINARY, VALUES, cells, check_alone_and_saved, fitted, hits, profile

TEXTS = [
    "The film isn't bad, it's GOOD good good!",
    "",
    "  A dull\tand\n dull one: 3 stars ",
    "Ein schöner Film; 映画 🎬 naïve",
    "a",
]
TERMS = (("words", 1), ("words", 3), ("characters", 3), ("characters", 5))


def theirs(kind: TermKind, longest: int) -> Any:
    if kind == "words":
        return CountVectorizer(
            token_pattern=r"[\u3000-\U0010ffff]|[^\W\u3000-\U0010ffff'’]+(?:['’]\w+)*|[^\w\s]", ngram_range=(1, longest)
        )
    return CountVectorizer(analyzer="char_wb", ngram_range=(3, longest))


@pytest.mark.parametrize(("kind", "longest"), TERMS)
@pytest.mark.parametrize("block", [1, 40, 10**6])
def test_terms_are_those_of_scikit_learn(
    kind: TermKind, longest: int, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terms, "_BLOCK", block)
    expected = theirs(kind, longest).fit_transform(TEXTS).toarray()
    found = count(TEXTS, kind, longest)
    assert len(np.unique(found.terms)) == expected.shape[1]
    for row in range(len(TEXTS)):
        assert sorted(found.times[found.rows == row]) == sorted(expected[row][expected[row] > 0])
    # A term has one number, wherever it stands: the columns of the counts are the same up to their order.
    columns = {
        tuple(np.bincount(found.rows[found.terms == t], found.times[found.terms == t], len(TEXTS))) for t in found.terms
    }
    assert columns == {tuple(column) for column in expected.T.astype(float)}


def test_nothing_is_found_where_there_is_nothing() -> None:
    for texts in ([], ["", ""], [" \n "]):
        for kind in ("words", "characters"):
            assert len(count(texts, kind, 5).terms) == 0


@pytest.mark.parametrize("weighting", ["tfidf", "sublinear"])
def test_weights_are_those_of_scikit_learn(weighting: Any) -> None:
    train = ["good good film", "bad film", "good plot here"]
    found, matrix = learn_vocabulary(cells(train), "t", Wish("words", 1, weighting, 1), 2)
    expected = TfidfVectorizer(sublinear_tf=weighting == "sublinear").fit_transform(train).toarray()
    for row in range(3):
        np.testing.assert_allclose(sorted(matrix.toarray()[row]), sorted(expected[row]), atol=1e-6)
    np.testing.assert_array_equal(found.read(cells(train)).toarray(), matrix.toarray())


def test_unknown_terms_and_missing_texts_are_nothing() -> None:
    found, _ = learn_vocabulary(cells(["good film", "bad film", None]), "t", Wish("words", 2, "binary", 1), 2)
    read = found.read(cells(["good good good", None, "unheard of"])).toarray()
    assert (read > 0).sum(axis=1).tolist() == [1, 0, 0]
    assert read[0].max() == pytest.approx(1)


def test_vocabularies_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabulary, "MOST_TERMS", 3)
    train = cells([f"usual words {i} {i}b" for i in range(20)] + ["usual words here"] * 2)
    found, matrix = learn_vocabulary(train, "t", Wish("words", 2, "tfidf", 1), 2)
    assert len(found.terms) == 3
    assert matrix.shape == (22, 3)
    monkeypatch.setattr(vocabulary, "MOST_CELLS", 4)
    assert len(learn_vocabulary(train, "t", Wish("words", 2, "tfidf", 1), 2)[0].terms) == 2


def test_forged_vocabularies_are_refused(tmp_path: Path) -> None:
    found, _ = learn_vocabulary(cells(["good film", "bad film"]), "t", Wish("words", 1, "tfidf", 1), 2)
    save(found, tmp_path / "v.npz")
    assert load(tmp_path / "v.npz", Vocabulary).terms.tolist() == found.terms.tolist()
    for field, value in (("terms", found.terms[::-1].copy()), ("idf", found.idf[:1]), ("longest", 10**6)):
        object.__setattr__(found, field, value)
        save(found, tmp_path / "v.npz")
        with pytest.raises(ArtifactError):
            load(tmp_path / "v.npz", Vocabulary)


def problem(n_labels: int, dense: int = 0) -> tuple[Design, Any, Any]:
    from scipy.sparse import csr_array

    rng = np.random.default_rng(0)
    X = np.where(rng.random((80, 12)) < 0.4, rng.random((80, 12)), 0).astype(np.float32)
    other = rng.normal(size=(80, dense)).astype(np.float32)
    y = np.argmax(X[:, :n_labels] + 0.3 * rng.random((80, n_labels)), axis=1)
    design = Design(csr_array(X), other, np.ones((12, n_labels), dtype=np.float32), pulled=False)
    return design, np.concatenate([X, other], axis=1), y


def test_logistic_regression_equals_scikit_learn() -> None:
    design, X, y = problem(3, dense=2)
    found = descend(design, cross_entropy(np.eye(3)[y], np.full(80, 1 / 80)), 1 / (2.0 * 80), np.zeros(3), Limits())
    model = LogisticRegression(C=2.0, tol=1e-8, max_iter=5000).fit(X, y)
    np.testing.assert_allclose(softmax(found.scores(design.texts, design.dense)), model.predict_proba(X), atol=5e-3)


def test_machines_equal_those_of_scikit_learn() -> None:
    design, X, y = problem(2)
    found = descend(design, squared_hinge(np.eye(2)[y], np.full(80, 1 / 80)), 1 / (0.5 * 80), np.zeros(2), Limits())
    svc = LinearSVC(C=0.5, intercept_scaling=1000, tol=1e-8, max_iter=100_000, random_state=0).fit(X, y)
    scores = found.scores(design.texts, design.dense)
    np.testing.assert_allclose(scores[:, 1], svc.decision_function(X), atol=0.02)
    np.testing.assert_allclose(scores[:, 0], -scores[:, 1], atol=0.02)


def test_ridge_equals_scikit_learn() -> None:
    design, X, _ = problem(1, dense=2)
    target = X[:, 0] * 2 - X[:, 13]
    found = descend(
        design, squared_error(target[:, None].astype(float), np.full(80, 1 / 80)), 0.01, np.zeros(1), Limits()
    )
    expected = Ridge(alpha=0.8).fit(X, target).predict(X)
    np.testing.assert_allclose(found.scores(design.texts, design.dense)[:, 0], expected, atol=5e-3)


@pytest.mark.parametrize("make", [cross_entropy, squared_hinge, squared_error])
def test_gradients_are_right(make: Any) -> None:
    rng = np.random.default_rng(0)
    loss: Loss = make(np.eye(3)[rng.integers(0, 3, 20)], np.full(20, 1 / 20))
    scores, step = rng.normal(size=(20, 3)), rng.normal(size=(20, 3)) * 1e-5
    slope = (loss(scores + step)[0] - loss(scores - step)[0]) / 2
    assert slope == pytest.approx(float((loss(scores)[1] * step).sum()), rel=1e-4)


def test_ratios_are_those_of_the_paper() -> None:
    design, X, y = problem(2)
    found = log_ratios(design.texts, np.eye(2)[y], np.ones(80), alpha=1.0)
    p, q = 1 + X[y == 1].sum(axis=0), 1 + X[y == 0].sum(axis=0)
    np.testing.assert_allclose(found[:, 1], np.log((p / p.sum()) / (q / q.sum())), atol=1e-5)
    np.testing.assert_allclose(found[:, 0], -found[:, 1], atol=1e-5)


def test_weights_that_are_drawn_to_their_mean_become_naive_bayes() -> None:
    design, _, y = problem(2)
    scale = log_ratios(design.texts, np.eye(2)[y], np.ones(80), alpha=1.0)
    drawn = Design(design.texts, design.dense, scale, pulled=True)
    found = descend(drawn, cross_entropy(np.eye(2)[y], np.full(80, 1 / 80)), 1e3, np.zeros(2), Limits())
    shares = found.coef / scale
    np.testing.assert_allclose(shares, np.broadcast_to(shares.mean(axis=0), shares.shape), rtol=1e-2)
    assert (shares > 0.1).all()


@pytest.mark.parametrize("loss", ["logistic", "hinge"])
@pytest.mark.parametrize("scaling", ["none", "bayes", "pulled"])
def test_texts_are_learned_from(loss: str, scaling: str, tmp_path: Path) -> None:
    model, score = fitted(NBLinear(), BINARY, ["text"], n_numbers=2, loss=loss, scaling=scaling)
    assert hits(model, score) > 0.9
    check_alone_and_saved(NBLinear(), model, score, tmp_path)


def test_values_are_predicted() -> None:
    model, score = fitted(NBLinear(), VALUES, ["text"])
    error = float(((model.predict(score.features)[:, 0] - score.y) ** 2).mean())
    assert error < 0.2 * float(np.var(score.y))


def test_other_columns_count_too() -> None:
    rng = np.random.default_rng(0)
    numbers, words = rng.normal(size=(300, 1)).astype(np.float32), rng.integers(0, 2, 300)
    y = (numbers[:, 0] + words > 0.5).astype(np.int64)
    raw = {"text": cells([["dull film", "fine film"][word] for word in words])}
    part = Part(Features(numbers, ("x",), np.zeros(1, dtype=np.int64), raw), y)
    model = NBLinear().build(NBLinear().portfolio(BINARY, profile(["text"]))[0], BINARY, 0)
    model.fit(part, None, Limits())
    assert hits(model, part) > 0.93  # the better column alone tells three of four


def test_tables_without_texts_are_declined() -> None:
    with pytest.raises(FamilyDeclined, match="needs a column of text"):
        NBLinear().accepts(BINARY, Profile(100, 2, ((Role.NUMERIC, 5),)))
    with pytest.raises(FamilyDeclined, match="at most 200,000 rows"):
        NBLinear().accepts(BINARY, Profile(300_000, 2, ((Role.TEXT, 1),)))
