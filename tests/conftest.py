"""Tables and shortcuts that many tests use."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

# The same examples at every run, and no verdict about time: a failure must mean a fault.
settings.register_profile("suite", derandomize=True, deadline=None)
settings.load_profile("suite")

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def examples() -> Path:
    """The folder of tables that the repository carries."""
    return ROOT / "examples"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real tables beside the checkout, where there is one."""
    folder = ROOT.parent / "shared" / "data"
    if not (folder / "suite.json").is_file():
        pytest.skip("the folder of shared tables is not beside the checkout")
    return folder


def mixed_frame(n_rows: int = 160, seed: int = 0) -> pd.DataFrame:
    """A table with every tabular role; `label` and `value` can be learned from it."""
    random = np.random.default_rng(seed)
    number = random.normal(size=n_rows)
    city = random.choice(["Oslo", "Bergen", "Tromsø"], n_rows)
    signal = number + (city == "Oslo") + random.normal(scale=0.5, size=n_rows)
    frame = pd.DataFrame(
        {
            "number": np.where(random.random(n_rows) < 0.1, np.nan, number),
            "count": random.integers(0, 40, n_rows),
            "city": city,
            "member": random.choice(["yes", "no"], n_rows),
            "since": pd.Timestamp("2024-01-01") + pd.to_timedelta(random.integers(0, 500, n_rows), unit="D"),
            "value": signal,
            "label": np.where(signal > 0.3, "high", "low"),
        }
    )
    frame["since"] = frame["since"].dt.strftime("%Y-%m-%d")
    return frame


@pytest.fixture
def mixed_table() -> pd.DataFrame:
    """A fresh copy of the mixed table."""
    return mixed_frame()
