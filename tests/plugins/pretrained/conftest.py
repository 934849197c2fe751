from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint for texts."""
    from tests.plugins.pretrained.checkpoints import make_texts, need

    need("transformers")
    return make_texts(tmp_path_factory.mktemp("checkpoints") / "texts")


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint for images."""
    from tests.plugins.pretrained.checkpoints import make_images, need

    need("timm")
    return make_images(tmp_path_factory.mktemp("checkpoints") / "images")


@pytest.fixture(scope="session")
def folders(texts: Path, request: pytest.FixtureRequest) -> list[Path]:
    """A checkpoint for texts, and one for images where timm can be used."""
    from automl_pretrained.libraries import lack

    return [texts] if lack("timm") else [texts, request.getfixturevalue("images")]


@pytest.fixture
def forgotten() -> Iterator[None]:
    """No checkpoint is known to this process, and nothing that was made of cells."""
    from automl_pretrained import vectors
    from automl_pretrained.checkpoint import opened

    def forget() -> None:
        opened.cache_clear()
        vectors._KNOWN = vectors._Known()

    forget()
    yield
    forget()
