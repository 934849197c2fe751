"""Which raw columns hold what, told by their cells."""

from __future__ import annotations

import numpy as np

from automl.plugin import Features, Role


def raw_columns(features: Features) -> dict[Role, tuple[str, ...]]:
    """Return the names of text, image and sequence columns; one without any cell is in none of them."""
    found: dict[Role, list[str]] = {Role.TEXT: [], Role.IMAGE: [], Role.SEQUENCE: []}
    for name, cells in features.raw.items():
        first = next((cell for cell in cells if cell is not None), None)
        if isinstance(first, str):
            found[Role.TEXT].append(name)
        elif isinstance(first, np.ndarray):
            found[Role.IMAGE if first.ndim == 3 else Role.SEQUENCE].append(name)
    return {role: tuple(names) for role, names in found.items()}
