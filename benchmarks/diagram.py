"""The critical-difference diagram of Demšar (2006): mean ranks on a line, bars over systems that do not differ.

jmlr.org/papers/v7/demsar06a.html. Drawn as SVG that takes its colours from the page around it.
"""

from __future__ import annotations

import numpy as np

from benchmarks.compare import Standing
from benchmarks.svg import drawing, line, text

WIDTH, EDGE, STEP = 720, 150, 24


def critical_difference_svg(standing: Standing) -> str:
    """Return the diagram as an `<svg>` element; the best rank is on the left."""
    means = standing.ranks.mean(axis=0)
    order = [int(i) for i in np.argsort(means, kind="stable")]
    size = len(order)
    gap = standing.critical_difference
    left = (size + 1) // 2  # names on the left, the others on the right
    bars = cliques(means[order], gap)
    axis = 44 + STEP
    names = axis + 16 + 10 * len(bars)
    height = names + STEP * (left + 1)

    def x(rank: float) -> float:
        return EDGE + (rank - 1) / max(size - 1, 1) * (WIDTH - 2 * EDGE)

    parts = [line(x(1), axis, x(size), axis, 1.5)]
    for rank in range(1, size + 1):
        parts += [line(x(rank), axis - 6, x(rank), axis, 1.5), text(x(rank), axis - 12, str(rank), "middle")]
    parts += [
        line(x(1), 16, x(1 + gap), 16, 2),
        text(x(1), 34, f"critical difference {gap:.2f}", "start", faint=True),
    ]
    for level, (start, end) in enumerate(bars):
        y = axis + 10 + 10 * level
        parts.append(line(x(means[order[start]]) - 4, y, x(means[order[end]]) + 4, y, 4))
    for place, i in enumerate(order):
        on_left = place < left
        y = names + STEP * (place if on_left else size - 1 - place)
        point, edge = x(means[i]), EDGE - 8 if on_left else WIDTH - EDGE + 8
        anchor = "end" if on_left else "start"
        parts += [line(point, axis, point, y), line(point, y, edge, y)]
        label = f"{standing.systems[i]} {means[i]:.2f}"
        parts.append(text(edge + (-6 if on_left else 6), y + 4, label, anchor))
    return drawing("Mean ranks of the systems", (WIDTH, height), parts)


def cliques(means: np.ndarray, gap: float) -> list[tuple[int, int]]:
    """Return the longest spans (first, last) of sorted mean ranks that lie within the critical difference."""
    spans: list[tuple[int, int]] = []
    for start in range(len(means)):
        end = int(np.searchsorted(means, means[start] + gap, side="right")) - 1
        if end > start and not (spans and spans[-1][1] >= end):
            spans.append((start, end))
    return spans
