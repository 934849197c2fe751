"""The site has all pages, and the page on checks all of them."""

from __future__ import annotations

import re

from automl.testing import CHECKS
from tests.conftest import ROOT


def test_every_module_of_checks_is_in_the_reference():
    page = (ROOT / "docs" / "reference" / "testing.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^::: (automl\.testing\.checks\.\w+)$", page, re.MULTILINE))
    assert listed == {check.__module__ for check in CHECKS}


def test_every_page_is_in_the_navigation():
    docs = ROOT / "docs"
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").split("\nnav:\n")[1]
    assert set(re.findall(r": (\S+\.md)$", navigation, re.MULTILINE)) == {
        page.relative_to(docs).as_posix() for page in docs.rglob("*.md")
    }
