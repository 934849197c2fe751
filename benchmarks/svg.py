"""Parts of drawings as SVG, which takes its colours from the page around it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

COLOURS = ("#0b6e4f", "#c2571a", "#2f5fa8", "#8a3ffc", "#7a6a00", "#a11d3f")
"""For lines that must be told apart, in their order."""


def drawing(label: str, size: tuple[float, float], parts: Sequence[str]) -> str:
    """Put parts into an `<svg>` element of this width and height."""
    width, height = size
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" role="img" '
        f'aria-label="{escape(label)}">{"".join(parts)}</svg>'
    )


def line(x1: float, y1: float, x2: float, y2: float, width: float = 1, *, faint: bool = False) -> str:
    """Draw a straight line."""
    opacity = ' opacity=".2"' if faint else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="currentColor" '
        f'stroke-width="{width}"{opacity}/>'
    )


def path(points: Sequence[tuple[float, float]], colour: str, *, filled: bool = False) -> str:
    """Draw a line through points, or the area that it encloses."""
    corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    if filled:
        return f'<polygon points="{corners}" fill="{colour}" opacity=".75"/>'
    return f'<polyline points="{corners}" fill="none" stroke="{colour}" stroke-width="2"/>'


def dot(x: float, y: float, colour: str) -> str:
    """Draw a measured point."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'


def text(x: float, y: float, words: str, anchor: str, *, faint: bool = False, colour: str = "currentColor") -> str:
    """Write words; `anchor` is start, middle or end."""
    opacity = ' opacity=".6"' if faint else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="13" font-family="sans-serif" '
        f'fill="{colour}"{opacity}>{escape(words)}</text>'
    )
