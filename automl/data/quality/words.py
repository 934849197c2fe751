"""Numbers and examples as people read them, for the sentences of findings."""

from __future__ import annotations

from collections.abc import Iterable

_CELL = 40


def percent(share: float) -> str:
    """Write a share in [0, 1]: `20%`, `0.3%`, `<0.1%`; never 0% or 100% for what is not."""
    value = 100 * share
    if value in {0.0, 100.0}:
        return f"{value:.0f}%"
    if value < 0.1:
        return "<0.1%"
    return ">99.9%" if value > 99.9 else f"{value:.1f}%" if value < 10 or value > 99 else f"{value:.0f}%"


def count(n: int, thing: str, things: str = "") -> str:
    """Write `1 row`, `1,234 rows`."""
    return f"{n:,} {thing if n == 1 else things or thing + 's'}"


def listed(cells: Iterable[object], most: int = 5) -> str:
    """Write a few cells in quotes, with an ellipsis where there are more."""
    texts = [f"'{short(cell)}'" for cell in cells]
    return ", ".join(texts[:most]) + (", …" if len(texts) > most else "")


def short(cell: object) -> str:
    """Cut a long cell."""
    text = " ".join(str(cell).split())
    return text if len(text) <= _CELL else text[: _CELL - 1] + "…"


def figure(value: float) -> str:
    """Write a number with four significant digits at most, and whole numbers whole."""
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) < 1e15 else f"{value:.4g}"
