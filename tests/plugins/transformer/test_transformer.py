from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from automl.plugin import FamilyDeclined, Features, Limits, Part, Profile, Role
from automl_transformer.family import Transformer
from automl_transformer.texts import learn_texts
from tests.plugins.cells import BINARY, check_alone_and_saved, fitted, hits

SMALL = {"width": 32, "depth": 1, "epochs": 10, "learning_rate": 3e-3}


def test_texts_are_learned_from(tmp_path: Path) -> None:
    model, score = fitted(Transformer(), BINARY, ["text"], n_numbers=2, **SMALL)
    assert hits(model, score) > 0.8
    check_alone_and_saved(Transformer(), model, score, tmp_path)


def test_codes_and_numbers_are_tokens() -> None:
    rng = np.random.default_rng(0)
    codes, numbers = rng.integers(0, 3, 200), rng.normal(size=200)
    matrix = np.column_stack([codes, numbers]).astype(np.float32)
    y = ((codes == 1) ^ (numbers > 0)).astype(np.int64)  # neither column alone tells anything
    part = Part(Features(matrix, ("code", "number"), np.array([3, 0])), y)
    params = {**Transformer().portfolio(BINARY, Profile(200, 2, ((Role.NUMERIC, 2),)))[0], **SMALL, "epochs": 30}
    model = Transformer().build(params, BINARY, 0)
    model.fit(part, part, Limits())
    assert hits(model, part) > 0.9


def test_the_tokenizer_is_learned_on_training_rows() -> None:
    features = Features(np.empty((40, 0), np.float32), (), np.empty(0, np.int64), {})
    cells = np.array(["lower lowest low", "new newer"] * 20, dtype=object)
    texts = learn_texts(Features(features.matrix, (), features.cardinalities, {"t": cells}), "t", (32, 1, 2), 0.0)
    words, lengths = texts.read(Features(features.matrix[:2], (), features.cardinalities, {"t": cells[:2]}))
    assert lengths.tolist() == [3, 2]  # each word became one token
    assert words[1, 2:].tolist() == [0]


def test_wide_tables_are_declined() -> None:
    with pytest.raises(FamilyDeclined, match="at most 100 encoded columns"):
        Transformer().accepts(BINARY, Profile(100, 2, ((Role.NUMERIC, 500),)))
