"""Fits on mutated tables, from the file to a saved model that predicts the same table."""

from __future__ import annotations

import shutil
from pathlib import Path

from automl.data.read import read_table
from automl.engine import load, run_fit
from automl.errors import AutoMLError, RunError
from automl.options import FitOptions
from benchmarks.fuzz import artifacts, tables

FITTED, SLOW, SKIPPED = "fitted", "no model in time", "skipped"
FIT_SECONDS = 5.0


def try_out(path: Path, seed: int) -> str:
    """Fit on a table that can be read and prepared, predict it, and remove the run."""
    if tables.try_out(path, seed) == artifacts.REFUSED:
        return SKIPPED
    frame = read_table(path)
    run = path.parent / "run"
    try:
        run_fit(path, FitOptions(tables.target_of(frame, seed), output=run, time_limit=FIT_SECONDS, backend="inline"))
        load(run).predict_frame(frame, path.parent)
    except RunError:
        return SLOW
    except AutoMLError:
        return artifacts.REFUSED
    finally:
        shutil.rmtree(run, ignore_errors=True)
    return FITTED
