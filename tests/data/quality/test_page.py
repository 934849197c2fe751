from __future__ import annotations

import html.parser
import re

import numpy as np
import pandas as pd
import pytest

from automl.data.quality.page import page
from automl.data.quality.report import Report
from automl.data.quality.table import check_table

EVIL = '<script>alert("1")</script>&\''
VOID = {"meta", "rect", "line", "br"}


class Balance(html.parser.HTMLParser):
    """Collects the tags, and fails where they do not nest."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture(scope="module")
def report() -> Report:
    n = 120
    frame = pd.DataFrame(
        {
            EVIL: [EVIL if i % 3 else "x" for i in range(n)],
            "size": np.linspace(-2, 9, n) ** 2,
            "day": pd.date_range("2024-01-01", periods=n).astype(str)[::-1],
            "text": [f"{i} words & <b>more</b> of them" for i in range(n)],
            "none": None,
            "y": [EVIL if i % 2 else "no" for i in range(n)],
        }
    )
    return check_table(frame, "y")


def parsed(report: Report) -> Balance:
    parser = Balance()
    parser.feed(page(report))
    parser.close()
    return parser


def test_the_page_is_whole_and_shows_every_column(report: Report) -> None:
    parser = parsed(report)
    assert parser.open == []
    assert parser.tags.count("svg") == 5  # an empty column has no distribution
    text = " ".join(parser.text)
    for part in ("120 rows", "5 input columns", "size", "Findings", "Columns", "Holds no value in any row"):
        assert part in text


def test_the_table_cannot_speak_as_html(report: Report) -> None:
    parser = parsed(report)
    assert "script" not in parser.tags
    assert "b" not in {tag for tag, text in zip(parser.tags, parser.text, strict=False) if "more" in text}
    assert EVIL in "".join(parser.text)


def test_nothing_is_loaded_from_outside(report: Report) -> None:
    text = page(report)
    assert "default-src 'none'" in text
    assert not re.search(r"https?://|src=|href=|@import|url\(", text)


def test_a_table_without_findings_and_one_with_very_many_columns() -> None:
    quiet = check_table(pd.DataFrame({"a": np.random.default_rng(0).normal(size=60)}))
    assert "Nothing remarkable" in page(quiet)
    wide = check_table(pd.DataFrame(np.random.default_rng(0).normal(size=(8, 400))))
    assert "columns more" in page(wide)
