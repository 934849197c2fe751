"""Every code block of the README and of docs/ does what it says, in the order of its page."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.docs.blocks import read_blocks
from tests.docs.reader import Reader, make_environment

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
CHECKOUT = ("automl", "plugins", "pyproject.toml", "README.md")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Iterator[Path]:
    """The reader's folder, which is where they are and where Python finds what they wrote."""
    folder = tmp_path / "reader"
    shutil.copytree(ROOT / "examples", folder / "examples")
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    yield folder
    for path in folder.glob("*.py"):
        sys.modules.pop(path.stem, None)


@pytest.mark.parametrize("page", PAGES, ids=[path.relative_to(ROOT).as_posix() for path in PAGES])
def test_the_blocks_run(page: Path, folder: Path, tmp_path: Path):
    if page.name == "README.md":  # which speaks to someone in a checkout
        for name in CHECKOUT:
            (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, folder / name)
    reader = Reader(folder, make_environment(tmp_path / "environment"))
    for block in read_blocks(page):
        reader.follow(block)


@pytest.mark.parametrize("page", PAGES, ids=[path.relative_to(ROOT).as_posix() for path in PAGES])
def test_what_is_not_run_is_the_exception(page: Path):
    left_out = [block for block in read_blocks(page) if block.not_run]
    assert len(left_out) <= 3, f"{page.name} leaves out {', '.join(map(str, left_out))}"
