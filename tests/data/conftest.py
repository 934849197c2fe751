from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2].parent / "shared" / "data"


@pytest.fixture
def shared() -> Path:
    if not (SHARED / "suite.json").is_file():
        pytest.skip(f"the folder of real tables, {SHARED}, is absent")
    return SHARED
