"""Distributions as inline SVG, in the colours of the page's style sheet."""

from __future__ import annotations

from html import escape

from automl.data.quality.summary import Bar, ColumnSummary
from automl.data.quality.words import percent

WIDTH = 320
_HEIGHT = 68
_BASE = 15  # room for the smallest and largest value below the bars
_LINE = 19  # height of a level's line
_LABEL = 118
_LETTERS = 17  # that fit beside a level's bar
_FIGURE = 52


def chart(column: ColumnSummary) -> str:
    """The distribution of a column, "" where there is none to draw."""
    if not column.bars:
        return ""
    return _levels(column) if column.shape == "levels" else _histogram(column)


def _histogram(column: ColumnSummary) -> str:
    bars, highest = column.bars, max(bar.count for bar in column.bars)
    step = WIDTH / len(bars)
    gap = 1.0 if step > 4 else 0.4
    top = _HEIGHT - _BASE
    drawn = []
    for i, bar in enumerate(bars):
        if bar.count:
            height = max(1.5, bar.count / max(highest, 1) * (top - 2))
            drawn.append(
                f'<rect x="{i * step + gap / 2:.1f}" y="{top - height:.1f}" width="{step - gap:.1f}" '
                f'height="{height:.1f}" rx="1"{_fill(bar)}>{_tip(bar, column)}</rect>'
            )
    ends = _ends(column)
    drawn.append(f'<line class="axis" x1="0" y1="{top + 0.5}" x2="{WIDTH}" y2="{top + 0.5}"/>')
    drawn.append(f'<text x="0" y="{_HEIGHT - 1}">{escape(ends[0])}</text>')
    drawn.append(f'<text x="{WIDTH}" y="{_HEIGHT - 1}" text-anchor="end">{escape(ends[1])}</text>')
    return _svg(column, _HEIGHT, drawn)


def _ends(column: ColumnSummary) -> tuple[str, str]:
    if column.shape == "lengths":
        return f"{column.bars[0].label.split(' to ')[0]} characters", column.bars[-1].label.split(" to ")[-1]
    facts = dict(column.facts)
    return facts.get("min", ""), facts.get("max", "")


def _levels(column: ColumnSummary) -> str:
    bars = list(column.bars)
    if column.others:
        n_others = max(column.distinct - len(bars), 1)
        bars.append(Bar(f"{n_others:,} more", column.others))
    highest = max(bar.count for bar in bars)
    room = WIDTH - _LABEL - _FIGURE
    drawn = []
    for i, bar in enumerate(bars):
        y = i * _LINE
        label = bar.label if len(bar.label) <= _LETTERS else bar.label[: _LETTERS - 1] + "…"
        share = percent(bar.count / max(column.n_rows, 1))
        width = max(1.5, bar.count / max(highest, 1) * room)
        is_rest = bool(column.others) and i == len(bars) - 1
        drawn.append(
            f'<text class="{"rest" if is_rest else "level"}" x="{_LABEL - 8}" y="{y + 13}" text-anchor="end">'
            f"{escape(label)}</text>"
            f'<rect x="{_LABEL}" y="{y + 4}" width="{width:.1f}" height="{_LINE - 7}" rx="2"'
            f"{' class=rest' if is_rest else _fill(bar)}>{_tip(bar, column)}</rect>"
            f'<text x="{_LABEL + width + 6:.1f}" y="{y + 13}">{escape(share)}</text>'
        )
    return _svg(column, len(bars) * _LINE, drawn)


def _fill(bar: Bar) -> str:
    """From the pale to the strong colour by the mean target of the bar's rows."""
    if bar.tone is None:
        return ""
    return f' style="fill:color-mix(in oklab,var(--low),var(--high) {100 * min(max(bar.tone, 0.0), 1.0):.0f}%)"'


def _tip(bar: Bar, column: ColumnSummary) -> str:
    text = f"{bar.label}: {bar.count:,} of {column.n_rows:,}"
    if bar.tone is not None:
        text += f", target {bar.tone:.2f}"
    return f"<title>{escape(text)}</title>"


def _svg(column: ColumnSummary, height: float, drawn: list[str]) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" '
        f'aria-label="distribution of {escape(column.name, quote=True)}">{"".join(drawn)}</svg>'
    )
