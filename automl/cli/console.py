"""What commands share: the two output streams, errors in one line, and numbers as people read them."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from rich.console import Console

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(value: Mapping[str, Any] | list[Any]) -> None:
    """Print one JSON value on standard output."""
    sys.stdout.write(json.dumps(value, default=str) + "\n")


def number(value: float | None) -> str:
    """Write a score or a time with the digits that matter."""
    if value is None:
        return "–"
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return f"{value:.4f}" if abs(value) < 100 else f"{value:,.1f}"
    return f"{value:.3g}"


def duration(seconds: float) -> str:
    """Write seconds as `42 s`, `3:05` or `1:02:03`."""
    if seconds < 100:
        return f"{max(0.0, seconds):.0f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
