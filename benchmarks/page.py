"""The results as one HTML page that needs nothing else: the diagram, the summary, the scores."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from benchmarks.compare import Standing
from benchmarks.diagram import critical_difference_svg
from benchmarks.grid import Grid

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2125; --faint: #6b7480; --line: #e3e6ea; --paper: #fff; --mark: #0b6e4f; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8eb; --faint: #98a1ac; --line: #31363c; --paper: #16191d; --mark: #5fd3a5; }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 72rem;
  margin: 3rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.6rem; font-weight: 600; } h2 { font-size: 1.1rem; font-weight: 600; margin: 2.5rem 0 .6rem; }
svg { width: 100%; max-width: 46rem; display: block; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .9rem .3rem 0; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { font-weight: 500; color: var(--faint); } th:first-child, td:first-child { text-align: left; }
td.best { color: var(--mark); font-weight: 600; }
ul { color: var(--faint); padding-left: 1.1rem; }
"""


def html(title: str, standing: Standing, grids: Sequence[Grid], notes: Sequence[str]) -> str:
    """Write the page; the diagram is left out where fewer than three systems or two tables were compared."""
    parts = [f"<h1>{escape(title)}</h1>"]
    if len(standing.systems) > 2 and len(standing.tables) > 1:
        parts += ["<h2>Mean ranks</h2>", critical_difference_svg(standing)]
    parts += [_table(grid) for grid in grids]
    parts.append("<ul>" + "".join(f"<li>{escape(note)}</li>" for note in notes) + "</ul>")
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    return (
        f'<!doctype html><html lang="en"><head>{head}<style>{_STYLE}</style></head><body>{"".join(parts)}</body></html>'
    )


def _table(grid: Grid) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in grid.head)
    rows = []
    for r, row in enumerate(grid.rows):
        cells = (
            f'<td class="best">{escape(cell)}</td>' if (r, c) in grid.best else f"<td>{escape(cell)}</td>"
            for c, cell in enumerate(row)
        )
        rows.append(f"<tr>{''.join(cells)}</tr>")
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    return f'<h2>{escape(grid.title)}</h2><div class="scroll">{table}</div>'
