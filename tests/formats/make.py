"""Write the model of the current format that later engines must be able to read.

python -m tests.formats.make

Run it once a format, when it is released; until then a change of a stored class may need it again.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pandas as pd

from automl.engine import load, run_fit
from automl.manifest import FORMAT
from automl.options import FitOptions
from tests.conftest import mixed_frame


def main() -> None:
    folder = Path(__file__).parent / f"format_{FORMAT}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    with tempfile.TemporaryDirectory() as temporary:
        run = Path(temporary) / "run"
        families = ("linear", "lightgbm", "extra_trees")
        options = FitOptions("label", output=run, trials=4, backend="inline", families=families, folds=2)
        run_fit(mixed_frame(80).drop(columns="value"), options)
        shutil.copytree(run / "model", folder / "model")
    rows = folder / "rows.csv"
    mixed_frame(5, seed=3).to_csv(rows, index=False)
    load(folder / "model").predict_frame(pd.read_csv(rows)).to_csv(folder / "predictions.csv", index=False)


if __name__ == "__main__":
    main()
