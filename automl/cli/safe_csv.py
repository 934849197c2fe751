"""CSV for spreadsheets: cells that one would run as a formula are written as text.

After OWASP, CSV Injection (https://owasp.org/www-community/attacks/CSV_Injection): a cell that begins with one of these
characters gets an apostrophe before it, which a spreadsheet takes as "this is text".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_STARTS = ("=", "+", "-", "@", "\t", "\r")


def escaped(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table with its texts and column names escaped; numbers, also those written as text, stay."""
    out = frame.rename(columns=lambda name: escaped_cell(str(name)))
    for name in out.columns:
        if out[name].dtype.kind not in "biuf":
            out[name] = out[name].map(lambda cell: escaped_cell(cell) if isinstance(cell, str) else cell)
    return out


def escaped_cell(cell: str) -> str:
    """Return a text with an apostrophe before it where a spreadsheet could run it."""
    return f"'{cell}" if cell.startswith(_STARTS) and not _is_number(cell) else cell


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return cell[-1:].isdigit() or cell[-1:] == "."
