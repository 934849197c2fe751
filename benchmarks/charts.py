"""Two charts as SVG: lines over logarithmic axes, and how busy something was over time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from benchmarks.svg import COLOURS, dot, drawing, line, path, text

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 720, 400, 70, 30, 50
_LEGEND = 190
_HIGH = 140  # of the timeline

Points = Sequence[tuple[float, float]]


def log_log_svg(title: str, axes: tuple[str, str], lines: Mapping[str, Points]) -> str:
    """Draw lines by name over logarithmic axes; points that are not above 0 are left out."""
    lines = {name: sorted((x, y) for x, y in points if x > 0 and y > 0) for name, points in lines.items()}
    every = [point for points in lines.values() for point in points]
    if not every:
        return drawing(title, (WIDTH, HEIGHT), [text(LEFT, TOP, "nothing was measured", "start")])
    (x0, x1), (y0, y1) = (_decades([point[i] for point in every]) for i in range(2))
    right, low = WIDTH - _LEGEND, HEIGHT - BOTTOM

    def place(x: float, y: float) -> tuple[float, float]:
        across = (math.log10(x) - x0) / (x1 - x0)
        up = (math.log10(y) - y0) / (y1 - y0)
        return LEFT + across * (right - LEFT), low - up * (low - TOP)

    parts = [text(LEFT, 16, title, "start"), text((LEFT + right) / 2, HEIGHT - 8, axes[0], "middle", faint=True)]
    parts.append(text(LEFT, TOP - 2, axes[1], "end", faint=True))
    for power in range(x0, x1 + 1):
        x, _ = place(10.0**power, 10.0**y0)
        parts += [line(x, TOP, x, low, faint=True), text(x, low + 18, f"{10.0**power:,g}", "middle", faint=True)]
    for power in range(y0, y1 + 1):
        _, y = place(10.0**x0, 10.0**power)
        parts += [line(LEFT, y, right, y, faint=True), text(LEFT - 6, y + 4, f"{10.0**power:,g}", "end", faint=True)]
    for number, (name, points) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        placed = [place(x, y) for x, y in points]
        parts += [path(placed, colour), *(dot(x, y, colour) for x, y in placed)]
        parts.append(text(right + 12, TOP + 14 + 20 * number, name, "start", colour=colour))
    return drawing(title, (WIDTH, HEIGHT), parts)


def timeline_svg(title: str, shares: Points, phases: Sequence[tuple[str, float]], end: float) -> str:
    """Draw shares in [0, 1] over seconds from 0 to `end`; `phases` are names and when each begins."""
    left, low = 40.0, TOP + 20.0 + _HIGH
    right = WIDTH - 10.0

    def place(at: float, share: float) -> tuple[float, float]:
        return left + at / max(end, 1e-9) * (right - left), low - min(max(share, 0.0), 1.0) * _HIGH

    area = [place(shares[0][0], 0), *(place(*point) for point in shares), place(shares[-1][0], 0)] if shares else []
    parts = [text(left, 16, title, "start"), path(area, COLOURS[0], filled=True)]
    for share in (0.0, 0.5, 0.9, 1.0):
        _, y = place(0, share)
        parts += [line(left, y, right, y, faint=True), text(left - 4, y + 4, f"{share:.0%}", "end", faint=True)]
    written = -math.inf
    for name, at in phases:
        x, y = place(at, 1)
        parts.append(line(x, y - 6, x, low))
        if x > written:  # short phases follow each other too fast to be named
            parts.append(text(x + 2, y - 8, name, "start", faint=True))
            written = x + 8 * len(name)
    for at in range(0, int(end) + 1, max(1, round(end / 6))):
        x, _ = place(at, 0)
        parts.append(text(x, low + 16, f"{at} s", "middle", faint=True))
    return drawing(title, (WIDTH, low + 24), parts)


def _decades(values: Sequence[float]) -> tuple[int, int]:
    """Return the powers of ten that enclose the values, at least one apart."""
    low, high = math.floor(math.log10(min(values)) + 1e-9), math.ceil(math.log10(max(values)) - 1e-9)
    return low, max(high, low + 1)
