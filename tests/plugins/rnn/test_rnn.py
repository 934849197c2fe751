from __future__ import annotations

from pathlib import Path

import pytest

from automl.plugin import FamilyDeclined, Profile, Role
from automl_rnn.family import RNN
from tests.plugins.cells import BINARY, check_alone_and_saved, fitted, hits

SMALL = {"hidden": 32, "embedding": 32, "epochs": 8}


@pytest.mark.parametrize(("names", "cell"), [(("text",), "gru"), (("series",), "lstm"), (("text", "series"), "gru")])
def test_texts_and_sequences_are_learned_from(names: tuple[str, ...], cell: str, tmp_path: Path) -> None:
    model, score = fitted(RNN(), BINARY, names, n_numbers=2, cell=cell, **SMALL)
    assert hits(model, score) > 0.8
    check_alone_and_saved(RNN(), model, score, tmp_path)


def test_images_are_left_to_others() -> None:
    with pytest.raises(FamilyDeclined, match="needs a column of sequence or text"):
        RNN().accepts(BINARY, Profile(100, 2, ((Role.IMAGE, 1),)))
