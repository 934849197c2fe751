import numpy as np
import pytest

from automl.features.terms import as_texts, count_terms, kind_of
from automl.features.text import fit_text
from automl.features.text_stats import describe, fit_text_stats

ABOUT = {"pets": "cat dog fish bird hamster", "money": "bank loan stock bond rate"}


def documents(n=80):
    rng = np.random.default_rng(0)
    topics = rng.integers(0, 2, n)
    pools = [words.split() for words in ABOUT.values()]
    return [" ".join(rng.choice(pools[t], 6)) for t in topics], topics


def test_topics_separate_what_texts_are_about():
    texts, topics = documents()
    counts = count_terms(texts, "words")
    encoder = fit_text("t", "words", counts, 4, 0)
    out = encoder.transform(counts)
    assert out.dtype == np.float32
    assert max(abs(np.corrcoef(column, topics)[0, 1]) for column in out.T) > 0.95
    assert out.std(axis=0).max() == pytest.approx(1, rel=1e-4)


def test_one_text_is_encoded_as_it_is_among_many():
    texts, _ = documents()
    counts = count_terms(texts, "words")
    encoder = fit_text("t", "words", counts, 4, 0)
    together = encoder.transform(counts)
    for row in (0, 9, 41):
        np.testing.assert_array_equal(encoder.transform(count_terms([texts[row]], "words"))[0], together[row])


def test_empty_and_foreign_texts_are_the_origin():
    texts, _ = documents()
    encoder = fit_text("t", "words", count_terms(texts, "words"), 4, 0)
    np.testing.assert_array_equal(encoder.transform(count_terms(["", "zyx"], "words")), 0)


@pytest.mark.parametrize("texts", [["", "", ""], ["same thing"] * 5, ["a", "b"]])
def test_nothing_to_learn(texts):
    assert fit_text("t", "words", count_terms(texts, "words"), 4, 0) is None


def test_more_dimensions_than_rows_or_terms():
    encoder = fit_text("t", "words", count_terms(["red", "blue"], "words"), 32, 0)
    assert encoder.components.shape[1] <= 2


def test_short_texts_are_read_by_characters():
    assert kind_of(["AB-12", "XY-99", "Mrs. Smith"]) == "characters"
    assert kind_of(["a longer text of several words"] * 3) == "words"
    assert kind_of(["文字列にはすきまがないことがおおい。" * 3]) == "characters"
    assert kind_of(["", ""]) == "words"


def test_statistics():
    out = describe(["Ab 1!", "", "ÄÖ？ 日本"])
    np.testing.assert_allclose(out[0], [5, 2, 0.2, 0.2, 1])
    np.testing.assert_array_equal(out[1], 0)
    np.testing.assert_allclose(out[2], [6, 2, 0, 2 / 6, 0])


def test_only_statistics_that_vary_are_kept():
    assert fit_text_stats([["ab", "abc"]], ("t",)).names == ("t characters",)
    assert fit_text_stats([["ab", "cd"]], ("t",)) is None


def test_missing_cells_are_empty_texts():
    assert as_texts(np.array(["a", None, float("nan")], dtype=object)) == ["a", "", ""]


def test_a_lone_surrogate_is_no_crash():
    texts = ["ok fine", "bad \ud800 text"]
    assert count_terms(["ok fine", "no"], "words").shape[0] == 2
    assert describe(texts).shape == (2, 5)
    assert count_terms(texts, "words").shape[0] == 2
